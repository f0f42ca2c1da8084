import { expect, test } from "vitest";

import type { Artifact, JsonObject } from "../../sdk/wire/pvp";
import { choiceEvent, formData, formFields, humanise, looseActions, missingFields, optionChoices, submitLabel } from "./screen";

const artifact = (kind: string, payload: JsonObject): Artifact => ({ id: "a", kind, payload });
const form = artifact("form", {
  fields: [{ id: "full_name", required: true }, { id: "age", type: "number", label: "Age" }, { type: "text" }, "junk"],
});

test("a field without a label is named after its id, and one without an id is left out", () => {
  expect(formFields(form).map(({ id, label, type }) => [id, label, type])).toEqual([
    ["full_name", "Full name", "text"],
    ["age", "Age", "number"],
  ]);
});

test("a field with options is a choice", () => {
  const [field] = formFields(artifact("form", { fields: [{ id: "size", type: "text", options: ["small", { id: "l", label: "Large" }] }] }));
  expect([field?.type, field?.choices.map(({ label }) => label)]).toEqual(["select", ["Small", "Large"]]);
});

test("form data carries numbers as numbers and leaves empty fields out", () => {
  expect(formData(formFields(form), { full_name: " Ada ", age: "36" })).toEqual({ full_name: "Ada", age: 36 });
  expect(formData(formFields(form), { full_name: "Ada", age: "" })).toEqual({ full_name: "Ada" });
});

test("required fields that are blank are missing", () => {
  expect(missingFields(formFields(form), { full_name: "  " })).toEqual(["full_name"]);
});

test("an action that a control on the screen sends gets no button of its own", () => {
  expect(looseActions(["form_submit", "skip", "form_validation_error"], form)).toEqual(["skip"]);
  const options = artifact("options", { options: [{ id: "a", label: "A" }] });
  expect(optionChoices(options)).toHaveLength(1);
  expect(looseActions(["option_select", "back"], options)).toEqual(["back"]);
  expect(looseActions(["option_select"], null)).toEqual(["option_select"]);
});

test("an option of a form can name its button", () => {
  const named = artifact("form", { fields: [{ id: "a" }], options: [{ id: "form_submit", label: "Continue" }] });
  expect([submitLabel(named), submitLabel(form)]).toEqual(["Continue", "Submit"]);
});

test("an option that is an action of the state sends that action, any other is data", () => {
  const [retry, team] = optionChoices(artifact("card", { options: ["retry", "team"] }));
  expect(choiceEvent(retry!, ["retry"])).toEqual({ action: "retry" });
  expect(choiceEvent(team!, ["retry"])).toEqual({ action: "option_select", data: { selected_id: "team" } });
  expect(looseActions(["retry", "stop"], artifact("card", { options: ["retry"] }))).toEqual(["stop"]);
});

test("names are made readable", () => expect(humanise("selected_time-slot")).toBe("Selected time slot"));
