/** What an artifact asks of the user, read from its payload (docs/pvp.md §5). */

import type { Artifact, JsonObject } from "../../sdk/wire/pvp";
import { isObject, plainText } from "../../sdk/wire/pvp";

export interface Choice {
  id: string;
  label: string;
  description: string;
}

export interface Field {
  id: string;
  type: string;
  label: string;
  placeholder: string;
  required: boolean;
  choices: Choice[];
}

/** `phone_number` → `Phone number`. */
export function humanise(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function readChoices(value: unknown): Choice[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item) => {
    if (typeof item === "string") return [{ id: item, label: humanise(item), description: "" }];
    if (!isObject(item)) return [];
    const id = plainText(item["id"] ?? item["value"]);
    if (id === "") return [];
    return [{ id, label: plainText(item["label"]) || humanise(id), description: plainText(item["description"]) }];
  });
}

export function optionChoices(artifact: Artifact): Choice[] {
  return readChoices(artifact.payload["options"]);
}

export function formFields(artifact: Artifact): Field[] {
  const fields = artifact.payload["fields"];
  if (artifact.kind !== "form" || !Array.isArray(fields)) return [];
  return fields.filter(isObject).flatMap((field) => {
    const id = plainText(field["id"]);
    if (id === "") return [];
    const choices = readChoices(field["options"]);
    return [
      {
        id,
        type: choices.length > 0 ? "select" : plainText(field["type"]) || "text",
        label: plainText(field["label"]) || humanise(id),
        placeholder: plainText(field["placeholder"]),
        required: field["required"] === true,
        choices,
      },
    ];
  });
}

/** The form's content as `form_submit` carries it: numbers as numbers, empty fields left out. */
export function formData(fields: readonly Field[], values: Record<string, string>): JsonObject {
  const data: JsonObject = {};
  for (const { id, type } of fields) {
    const value = (values[id] ?? "").trim();
    if (value === "") continue;
    const asNumber = Number(value);
    if (type === "checkbox") data[id] = value === "yes";
    else data[id] = type === "number" && Number.isFinite(asNumber) ? asNumber : value;
  }
  return data;
}

export function missingFields(fields: readonly Field[], values: Record<string, string>): string[] {
  return fields.filter(({ id, required }) => required && (values[id] ?? "").trim() === "").map(({ id }) => id);
}

/** What the form's own button says: an option named `form_submit` is that button, not a choice. */
export function submitLabel(artifact: Artifact): string {
  return optionChoices(artifact).find(({ id }) => id === "form_submit")?.label ?? "Submit";
}

/** What choosing an option sends: the action of that name if the state has one, else the choice as data. */
export function choiceEvent(choice: Choice, actions: readonly string[]): { action: string; data?: JsonObject } {
  if (actions.includes(choice.id)) return { action: choice.id };
  return { action: "option_select", data: { selected_id: choice.id } };
}

/** Actions of the state that nothing else on the screen can send. */
export function looseActions(actions: readonly string[], screen: Artifact | null): string[] {
  const taken = new Set(["form_validation_error"]);
  if (screen?.kind === "form") taken.add("form_submit");
  for (const { id } of screen ? optionChoices(screen) : []) taken.add("option_select").add(id);
  return actions.filter((action) => !taken.has(action));
}
