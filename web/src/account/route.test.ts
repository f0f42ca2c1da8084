import { expect, test } from "vitest";

import { readOauthToken, readRoute } from "./route";

test.each([
  ["", { view: "sessions" }],
  ["#/sessions/s-1", { view: "session", id: "s-1" }],
  ["#/flows", { view: "flows" }],
  ["#/flows/f-1%2Fa", { view: "flow", id: "f-1/a" }],
  ["#/flows/%", { view: "flow", id: "%" }],
  ["#/credits", { view: "credits" }],
  ["#/nonsense", { view: "sessions" }],
])("the address %s names a view", (hash, route) => {
  expect(readRoute(hash)).toEqual(route);
});

test("a log-in elsewhere brings its token", () => {
  expect(readOauthToken("#oauth_token=a.b.c")).toBe("a.b.c");
  expect(readOauthToken("#/flows")).toBeNull();
});
