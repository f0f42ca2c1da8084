import type { FormEvent } from "react";
import { useState } from "react";

import type { Choice, Field } from "../call/screen";
import { choiceEvent, formData, formFields, humanise, looseActions, missingFields, optionChoices, submitLabel } from "../call/screen";
import type { Session } from "../call/session";
import type { Artifact, Json, JsonObject } from "../../sdk/wire/pvp";
import { isObject, plainText } from "../../sdk/wire/pvp";
import { Button } from "./button";
import { FieldInput } from "./field";
import { Panel } from "./panel";

interface Props {
  session: Session;
  onEvent: (action: string, data?: JsonObject) => void;
  onEdit: (field: string, value: string) => void;
}

const TITLES: Record<string, string> = { form: "Form", options: "Choose one", card: "Card", feedback: "Feedback" };

/** What the flow shows on the screen; everything here can be said aloud as well. */
export function ScreenPanel({ session, onEvent, onEdit }: Props) {
  const { screen, actions, blocked } = session;
  const loose = looseActions(actions, screen);
  const shown = screen !== null && !(screen.kind === "orb_layout" && !screen.payload["prompt"]);
  if (!shown && loose.length === 0 && blocked === null) return null;
  const { title, prompt } = screen && shown ? heading(screen) : { title: "Actions", prompt: "" };
  return (
    <Panel title={title} aside={session.phase === "live" && shown ? "say it or use the controls" : undefined}>
      <div className="flex flex-col gap-4">
        <Prompt text={prompt} />
        {screen && shown && <Body key={session.state} screen={screen} session={session} onEvent={onEvent} onEdit={onEdit} />}
        {blocked !== null && (
          <p role="status" className="text-sm text-quiet">
            {blocked}
          </p>
        )}
        {loose.length > 0 && (
          <div className="flex flex-wrap gap-2">
            {loose.map((action) => (
              <Button key={action} onClick={() => onEvent(action)}>
                {humanise(action)}
              </Button>
            ))}
          </div>
        )}
      </div>
    </Panel>
  );
}

/** A short prompt is heading enough where there is no title. */
function heading(screen: Artifact): { title: string; prompt: string } {
  const title = plainText(screen.payload["title"]);
  const prompt = plainText(screen.payload["prompt"]);
  if (title === "" && prompt !== "" && prompt.length <= 48 && !prompt.includes("\n")) return { title: prompt, prompt: "" };
  return { title: title || (TITLES[screen.kind] ?? humanise(screen.kind)), prompt };
}

function Prompt({ text }: { text: string }) {
  return text ? <p className="text-[0.9375rem] leading-relaxed break-words whitespace-pre-line">{text}</p> : null;
}

function Body({ screen, session, onEvent, onEdit }: Props & { screen: Artifact }) {
  const fields = formFields(screen);
  const choices = optionChoices(screen).filter(({ id }) => fields.length === 0 || id !== "form_submit");
  const choose = (choice: Choice) => {
    const { action, data } = choiceEvent(choice, session.actions);
    onEvent(action, data);
  };
  return (
    <>
      {fields.length > 0 && <Form fields={fields} submit={submitLabel(screen)} session={session} onEvent={onEvent} onEdit={onEdit} />}
      {choices.length > 0 && (
        <ul className="grid gap-2 sm:grid-cols-2">
          {choices.map((choice) => (
            <li key={choice.id}>
              <button
                type="button"
                className="flex min-h-14 w-full flex-col justify-center rounded-lg border border-line px-3.5 py-2 text-left transition-colors hover:border-bot hover:bg-bot-soft"
                onClick={() => choose(choice)}
              >
                <span className="text-sm font-medium">{choice.label}</span>
                {choice.description && <span className="text-sm text-quiet">{choice.description}</span>}
              </button>
            </li>
          ))}
        </ul>
      )}
      {fields.length === 0 && choices.length === 0 && <Plain payload={screen.payload} />}
    </>
  );
}

function Form({ fields, submit, session, onEvent, onEdit }: Props & { fields: Field[]; submit: string }) {
  const [missing, setMissing] = useState<string[]>([]);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const absent = missingFields(fields, session.fields);
    setMissing(absent);
    if (absent.length === 0) {
      onEvent("form_submit", formData(fields, session.fields));
      return;
    }
    onEvent("form_validation_error", { missing_fields: absent.join(", ") });
    const first = event.currentTarget.elements.namedItem(absent[0] ?? "");
    if (first instanceof HTMLElement) first.focus();
  };
  return (
    <form noValidate onSubmit={send} className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        {fields.map((field) => (
          <FieldInput
            key={field.id}
            field={field}
            value={session.fields[field.id] ?? ""}
            filled={session.filledField === field.id}
            missing={missing.includes(field.id) && !session.fields[field.id]}
            onChange={(value) => onEdit(field.id, value)}
          />
        ))}
      </div>
      <Button type="submit" look="primary" className="self-start max-sm:w-full">
        {submit}
      </Button>
    </form>
  );
}

/** Keys that only wrap what is to be shown. */
const WRAPPERS = new Set(["params", "content", "props", "feedback"]);
const SHOWN_ELSEWHERE = new Set(["prompt", "title", "fields", "options", "cardType", "card_type", "position"]);

/** Cards, and artifacts that this page knows nothing of: their content as it is. */
function Plain({ payload }: { payload: JsonObject }) {
  const entries = Object.entries(payload)
    .flatMap(([key, value]) => (WRAPPERS.has(key) && isObject(value) ? Object.entries(value) : [[key, value] as const]))
    .filter(([key, value]) => !SHOWN_ELSEWHERE.has(key) && value !== null);
  if (entries.length === 0) return null;
  return (
    <dl className="flex flex-col gap-3 text-sm">
      {entries.map(([key, value]) => (
        <div key={key}>
          <dt className="text-xs text-quiet">{humanise(key)}</dt>
          <dd className="mt-0.5 break-words whitespace-pre-line">
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ value }: { value: Json }) {
  if (Array.isArray(value)) {
    return (
      <ul className="list-disc pl-5">
        {value.map((item, i) => (
          <li key={i}>
            <Value value={item} />
          </li>
        ))}
      </ul>
    );
  }
  return isObject(value) ? <Plain payload={value} /> : <>{plainText(value)}</>;
}
