/** An OpenAPI 3.1 document, made ready to show. Pure. */

export interface Schema {
  $ref?: string;
  type?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  description?: string;
  examples?: unknown[];
  format?: string;
}

interface Media {
  schema?: Schema;
  examples?: Record<string, { value?: unknown }>;
}

interface Content {
  description?: string;
  content?: Record<string, Media>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

export interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
  security?: Record<string, string[]>[];
}

export interface Document {
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** One method of one path. */
export interface Entry {
  id: string;
  method: string;
  path: string;
  group: string;
  operation: Operation;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

/** All operations by their group, in the order in which the document names them. */
export function groupsOf(document: Document, search: string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of METHODS.filter((each) => each in item)) {
      const operation = item[method] as Operation;
      const group = operation.tags?.[0] ?? "server";
      const text = `${method} ${path} ${group} ${operation.summary ?? ""} ${operation.description ?? ""}`.toLowerCase();
      if (!words.every((word) => text.includes(word))) continue;
      const entry = { id: `${method}${path.replaceAll(/[^\w]+/g, "-")}`, method, path, group, operation };
      groups.set(group, [...(groups.get(group) ?? []), entry]);
    }
  }
  return groups;
}

const DEPTH = 4;

/** A schema as a type in TypeScript's words; what it refers to is written out down to a bounded depth. */
export function typeText(schema: Schema | undefined, document: Document, depth = 0): string {
  if (schema === undefined) return "unknown";
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    const named = document.components?.schemas?.[name];
    return named === undefined || depth >= DEPTH ? name : typeText(named, document, depth);
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const either = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (either !== undefined) return [...new Set(either.map((each) => typeText(each, document, depth)))].join(schema.allOf ? " & " : " | ");
  if (schema.type === "array") return arrayOf(typeText(schema.items, document, depth));
  if (schema.properties !== undefined) return objectText(schema, document, depth);
  if (schema.type === "object") {
    const { additionalProperties: more } = schema;
    return `{ [name: string]: ${typeof more === "object" ? typeText(more, document, depth + 1) : "unknown"} }`;
  }
  if (schema.type === "integer") return "integer";
  return schema.type ?? "unknown";
}

function objectText(schema: Schema, document: Document, depth: number): string {
  if (depth >= DEPTH) return "{ … }";
  const indent = "  ".repeat(depth + 1);
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const optional = schema.required?.includes(name) ? "" : "?";
    return `${indent}${/^\w+$/.test(name) ? name : JSON.stringify(name)}${optional}: ${typeText(property, document, depth + 1)};`;
  });
  return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
}

function arrayOf(item: string): string {
  return item.includes(" | ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
}

/** The first media type of a body, its type, and an example where the document has one. */
export function bodyOf(content: Content | undefined, document: Document): { media: string; type: string; example: string | null } | null {
  const [first] = Object.entries(content?.content ?? {});
  if (first === undefined) return null;
  const [media, { schema, examples }] = first;
  const given = Object.values(examples ?? {})[0]?.value ?? exampleOf(schema, document);
  return { media, type: typeText(schema, document), example: given === undefined ? null : JSON.stringify(given, null, 2) };
}

function exampleOf(schema: Schema | undefined, document: Document): unknown {
  if (schema?.$ref === undefined) return schema?.examples?.[0];
  return document.components?.schemas?.[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)]?.examples?.[0];
}
