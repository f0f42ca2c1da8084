import { afterEach, expect, test, vi } from "vitest";

import { Api, ApiError } from "./api";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number, body: unknown): { url: string; init: RequestInit }[] {
  const asked: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal("fetch", (url: URL, init: RequestInit) => {
    asked.push({ url: url.pathname + url.search, init });
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return asked;
}

async function problem(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error("it was not refused");
  return error;
}

test("the token goes into the header and never into the address", async () => {
  const asked = answering(200, []);
  await new Api("secret").get("v1/flows");
  expect(asked[0]?.url).toBe("/v1/flows");
  expect(new Headers(asked[0]?.init.headers).get("Authorization")).toBe("Bearer secret");
});

test("without a log-in there is no such header", async () => {
  const asked = answering(200, []);
  await new Api(null).get("v1/flows");
  expect(new Headers(asked[0]?.init.headers).has("Authorization")).toBe(false);
});

test("a token that is not taken any more ends the log-in", async () => {
  answering(401, { detail: "Invalid token" });
  const expired = vi.fn();
  expect((await problem(new Api("old", expired).get("v1/flows"))).message).toBe("Invalid token");
  expect(expired).toHaveBeenCalledOnce();
});

test("a wrong password at log-in is no end of a log-in", async () => {
  answering(401, { detail: "Invalid credentials" });
  const expired = vi.fn();
  await problem(new Api(null, expired).post("auth/login", {}));
  expect(expired).not.toHaveBeenCalled();
});

test("what is wrong with single fields is told in one line", async () => {
  answering(422, { detail: [{ loc: ["body", "password"], msg: "String should have at least 8 characters" }] });
  expect((await problem(new Api(null).post("auth/signup", {}))).message).toBe("password: String should have at least 8 characters");
});

test("the findings of a flow come with the error", async () => {
  const finding = { line: 2, column: 1, severity: "error", code: "check.unknown_target", message: "There is no state 'x'." };
  answering(422, { detail: "Invalid YAML", findings: [finding] });
  expect((await problem(new Api("t").post("v1/flows", {}))).findings).toEqual([finding]);
});

test("a server that is not there is told in words", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  expect((await problem(new Api(null).get("health"))).status).toBe(0);
});

test("an answer that is no JSON is told by its status", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 })));
  expect((await problem(new Api(null).get("health"))).message).toContain("502");
});
