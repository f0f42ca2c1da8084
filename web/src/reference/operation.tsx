import type { ReactNode } from "react";
import { useState } from "react";

import type { Document, Entry, Parameter } from "./openapi";
import { bodyOf, typeText } from "./openapi";

const TONES: Record<string, string> = { get: "text-bot", delete: "text-bad" };

/** One operation: a line that opens. What is inside is made only then: there are hundreds. */
export function OperationItem({ entry, api }: { entry: Entry; api: Document }) {
  const [open, setOpen] = useState(location.hash === `#${entry.id}`);
  const { method, path, operation } = entry;
  return (
    <li id={entry.id}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 rounded-lg py-3 marker:content-none hover:bg-sunken">
          <span className={`w-14 font-mono text-xs font-semibold uppercase ${TONES[method] ?? "text-caller"}`}>{method}</span>
          <code className="min-w-0 font-mono text-[0.8125rem] break-all">{path}</code>
          <span className="min-w-0 flex-1 basis-48 text-right text-sm text-quiet max-sm:basis-full max-sm:text-left">{operation.summary}</span>
        </summary>
        {open && <Inside entry={entry} api={api} />}
      </details>
    </li>
  );
}

function Inside({ entry: { operation }, api }: { entry: Entry; api: Document }) {
  const request = bodyOf(operation.requestBody, api);
  return (
    <div className="flex flex-col gap-4 pb-5 sm:pl-17">
      {operation.description && <p className="text-sm leading-relaxed whitespace-pre-line">{operation.description}</p>}
      {(operation.security?.length ?? 0) > 0 && <p className="text-sm text-quiet">Needs a credential.</p>}
      {(operation.parameters?.length ?? 0) > 0 && (
        <Part title="Parameters">
          <Parameters parameters={operation.parameters ?? []} api={api} />
        </Part>
      )}
      {request && (
        <Part title={`Body · ${request.media}`}>
          <Code text={request.type} label="Type of the body" />
          {request.example !== null && <Code text={request.example} label="Example of the body" />}
        </Part>
      )}
      <Part title="Answers">
        <dl className="flex flex-col gap-2">
          {Object.entries(operation.responses ?? {}).map(([status, answer]) => {
            const body = status.startsWith("2") ? bodyOf(answer, api) : null;
            return (
              <div key={status} className="min-w-0">
                <dt className="text-sm">
                  <span className="font-mono font-semibold">{status}</span> <span className="text-quiet">{answer.description}</span>
                </dt>
                {body && (
                  <dd className="mt-1">
                    <Code text={body.type} label={`Type of the answer ${status}`} />
                  </dd>
                )}
              </div>
            );
          })}
        </dl>
      </Part>
    </div>
  );
}

function Parameters({ parameters, api }: { parameters: Parameter[]; api: Document }) {
  return (
    <dl className="flex flex-col gap-2 text-sm">
      {parameters.map(({ name, in: place, required, description, schema }) => (
        <div key={`${place} ${name}`}>
          <dt className="break-words">
            <code className="font-mono text-[0.8125rem] font-semibold">{name}</code>{" "}
            <span className="text-quiet">
              {place}
              {required ? ", required" : ""} ·{" "}
            </span>
            <code className="font-mono text-xs">{typeText(schema, api)}</code>
          </dt>
          {(description ?? schema?.description) && <dd className="text-quiet">{description ?? schema?.description}</dd>}
        </div>
      ))}
    </dl>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-2">
      <h3 className="text-xs font-semibold text-quiet">{title}</h3>
      {children}
    </section>
  );
}

function Code({ text, label }: { text: string; label: string }) {
  return (
    <pre tabIndex={0} aria-label={label} className="overflow-x-auto rounded-lg bg-sunken p-3 font-mono text-xs leading-5">
      {text}
    </pre>
  );
}
