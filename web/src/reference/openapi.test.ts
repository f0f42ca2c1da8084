import { expect, test } from "vitest";

import type { Document } from "./openapi";
import { bodyOf, groupsOf, typeText } from "./openapi";

const API: Document = {
  info: { title: "A", version: "1" },
  paths: {
    "/v1/sessions": { get: { tags: ["sessions"], summary: "List Sessions" }, post: { tags: ["sessions"], summary: "Start Session" } },
    "/health": { get: { summary: "Health" } },
  },
  components: {
    schemas: {
      Line: { type: "object", required: ["role"], properties: { role: { enum: ["user", "bot"] }, text: { anyOf: [{ type: "string" }, { type: "null" }] } } },
      Tree: { type: "object", properties: { children: { type: "array", items: { $ref: "#/components/schemas/Tree" } } } },
      Asked: { type: "object", examples: [{ flow_id: "greet" }] },
    },
  },
};

test("operations are in groups, and found by all words of a search", () => {
  expect([...groupsOf(API, "").keys()]).toEqual(["sessions", "server"]);
  expect(groupsOf(API, "POST session").get("sessions")?.map(({ method }) => method)).toEqual(["post"]);
  expect(groupsOf(API, "nonsense").size).toBe(0);
});

test("a schema is written as a type", () => {
  expect(typeText({ type: "array", items: { $ref: "#/components/schemas/Line" } }, API)).toBe(
    '{\n  role: "user" | "bot";\n  text?: string | null;\n}[]',
  );
  expect(typeText({ type: "object", additionalProperties: { type: "integer" } }, API)).toBe("{ [name: string]: integer }");
  expect(typeText({ type: "array", items: { anyOf: [{ type: "string" }, { type: "null" }] } }, API)).toBe("(string | null)[]");
});

test("a schema that contains itself ends somewhere", () => {
  expect(typeText({ $ref: "#/components/schemas/Tree" }, API)).toContain("Tree[]");
});

test("a body has its example", () => {
  const content = { content: { "application/json": { schema: { $ref: "#/components/schemas/Asked" } } } };
  expect(bodyOf(content, API)?.example).toBe('{\n  "flow_id": "greet"\n}');
  expect(bodyOf(undefined, API)).toBeNull();
});
