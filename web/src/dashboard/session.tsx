import { useCallback, useEffect, useState } from "react";

import type { JsonObject } from "../../sdk/wire/pvp";
import { plainText } from "../../sdk/wire/pvp";
import type { Api } from "../account/api";
import { dollars, duration, when, words } from "../account/format";
import type { SessionDetail } from "../account/shapes";
import type { Turn } from "../call/session";
import { Button } from "../ui/button";
import { Captions } from "../ui/captions";
import { Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { Variables } from "../ui/variables";
import { Waterfall } from "../ui/waterfall";
import { Facts, Problem, Title, Whole } from "./parts";
import { STATUS } from "./sessions";
import { useDeed } from "./use_deed";
import { useFlowNames } from "./use_flow_names";

export function SessionPage({ api, id }: { api: Api; id: string }) {
  const load = useCallback(() => api.get<SessionDetail>(`v1/sessions/${encodeURIComponent(id)}`), [api, id]);
  const [session, reload] = useLoaded(load);
  const nameOf = useFlowNames(api);
  return (
    <>
      <Title back={{ href: "#/sessions", to: "All sessions" }}>
        {session.is === "ready" ? nameOf(session.value.flow_id) : "Session"}
      </Title>
      <Whole loaded={session} reload={reload}>
        {(found) => <Shown api={api} session={found} onRefresh={reload} />}
      </Whole>
    </>
  );
}

function Shown({ api, session, onRefresh }: { api: Api; session: SessionDetail; onRefresh: () => void }) {
  const refresh = session.status === "live" && (
    <Button look="bare" className="min-h-9 px-2.5" onClick={onRefresh}>
      Refresh
    </Button>
  );
  return (
    <>
      <Panel title={STATUS[session.status]} aside={refresh}>
        <Facts
          facts={[
            ["Began", when(session.started_at ?? session.created_at)],
            ["Lasted", duration(session.duration_secs)],
            ["Cost", session.cost_usd_cents === null ? "–" : dollars(session.cost_usd_cents)],
            ["Ended because", session.end_reason === null ? "–" : words(session.end_reason)],
            ...Object.entries(session.metadata).map(([key, value]): [string, string] => [key, plainText(value)]),
          ]}
        />
        {session.recording_url !== null && <Recording api={api} path={session.recording_url} id={session.id} />}
      </Panel>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Captions captions={captionsOf(session)} caller="Caller" empty="Nothing was said yet, or the session is not over." />
        <div className="flex min-w-0 flex-col gap-4">
          <Waterfall turns={turnsOf(session)} />
          <Variables variables={session.variables ?? {}} />
          {session.usage.length > 0 && <Usage usage={session.usage} />}
        </div>
      </div>
    </>
  );
}

function captionsOf({ transcript }: SessionDetail) {
  return transcript.map(({ role, text }, i) => ({ id: String(i), role, text, isFinal: true, interrupted: false }));
}

function turnsOf({ turns }: SessionDetail): Turn[] {
  return turns.map(({ turn, gap_ms, spans }) => ({
    turn,
    gapMs: gap_ms,
    spans: spans.map(({ name, start_ms, end_ms }) => ({ name, startMs: start_ms, endMs: end_ms })),
  }));
}

/** Fetched only when asked for: it needs the log-in, which an address cannot carry, and may be large. */
function Recording({ api, path, id }: { api: Api; path: string; id: string }) {
  const deed = useDeed();
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => (url === null ? undefined : () => URL.revokeObjectURL(url)), [url]);
  const fetchIt = () => deed.run(async () => setUrl(URL.createObjectURL(await api.file(path))));
  return (
    <div className="mt-4 flex flex-wrap items-center gap-3 border-t border-line pt-4">
      {url === null ? (
        <Button disabled={deed.busy} onClick={fetchIt}>
          Load the recording
        </Button>
      ) : (
        <>
          <audio controls src={url} aria-label="Recording: caller left, bot right" className="h-11 max-w-full flex-1 basis-64" />
          <a href={url} download={`${id}.wav`} className="text-sm text-bot hover:underline">
            Download
          </a>
        </>
      )}
      <Problem text={deed.problem} />
    </div>
  );
}

function Usage({ usage }: { usage: JsonObject[] }) {
  return (
    <Panel title="Used">
      <ul className="flex flex-col gap-2 text-sm">
        {usage.map((each, i) => (
          <li key={i} className="break-words">
            {Object.entries(each)
              .filter(([, value]) => value !== 0 && value !== null)
              .map(([key, value]) => `${words(key)} ${plainText(value)}`)
              .join(" · ")}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
