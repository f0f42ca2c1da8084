import { afterEach, expect, test, vi } from "vitest";

import { fetchCallFile } from "./api";

afterEach(() => vi.unstubAllGlobals());

test("a call's timeline is asked of the server that the page came from", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: URL) => {
    asked.push(url.pathname);
    return Promise.resolve(new Response("{}"));
  });
  expect(await (await fetchCallFile("a/b", "trace.json"))?.text()).toBe("{}");
  expect(asked).toEqual(["/calls/a%2Fb/trace.json"]);
});

test("a file that the server has not is none", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("{}", { status: 404 })));
  expect(await fetchCallFile("a", "recording.wav")).toBeNull();
});
