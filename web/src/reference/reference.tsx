import { useMemo, useState } from "react";

import { CONTROL, Whole } from "../dashboard/parts";
import iconUrl from "../favicon.svg";
import { Empty, Panel } from "../ui/panel";
import { ThemeToggle } from "../ui/theme";
import { useLoaded } from "../ui/use_loaded";
import type { Document } from "./openapi";
import { groupsOf } from "./openapi";
import { OperationItem } from "./operation";

async function fetchDocument(signal: AbortSignal): Promise<Document> {
  const response = await fetch(new URL("openapi.json", document.baseURI), { signal });
  if (!response.ok) throw new Error(`The server answered with status ${response.status}.`);
  return (await response.json()) as Document;
}

/** The server's own description of its HTTP interface; nothing is loaded from elsewhere. */
export function Reference() {
  const [loaded, reload] = useLoaded(fetchDocument);
  return (
    <>
      <header className="mx-auto flex max-w-5xl items-center gap-3 px-3 py-3 sm:px-6">
        <img src={iconUrl} alt="" className="size-7" />
        <p className="flex-1 text-base font-semibold tracking-tight">Antiphon</p>
        <a href="openapi.json" className="px-2 text-sm text-bot hover:underline">
          openapi.json
        </a>
        <ThemeToggle />
      </header>
      <main className="mx-auto flex max-w-5xl flex-col gap-4 px-3 pb-10 sm:px-6">
        <h1 className="text-xl font-semibold tracking-tight">API reference</h1>
        <Whole loaded={loaded} reload={reload}>
          {(found) => <Operations api={found} />}
        </Whole>
      </main>
    </>
  );
}

function Operations({ api }: { api: Document }) {
  const [search, setSearch] = useState("");
  const groups = useMemo(() => groupsOf(api, search), [api, search]);
  return (
    <>
      <p className="text-sm leading-relaxed text-quiet">
        {api.info.title} {api.info.version}. Programs send an API key as <code className="font-mono text-xs">X-Prepatu-Key</code> or{" "}
        <code className="font-mono text-xs">x-api-key</code>, people the token of their log-in as{" "}
        <code className="font-mono text-xs">Authorization: Bearer …</code>; on the machine of a server that listens on loopback none is needed.
      </p>
      <label className="block text-sm font-medium">
        <span className="mb-1 block">Search</span>
        <input
          type="search"
          className={`${CONTROL} font-normal`}
          placeholder="sessions, post, webhook …"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </label>
      {groups.size === 0 && <Empty>Nothing matches.</Empty>}
      {[...groups].map(([group, entries]) => (
        <Panel key={group} title={group.charAt(0).toUpperCase() + group.slice(1)} aside={`${entries.length}`}>
          <ul className="divide-y divide-line">
            {entries.map((entry) => (
              <OperationItem key={entry.id} entry={entry} api={api} />
            ))}
          </ul>
        </Panel>
      ))}
    </>
  );
}
