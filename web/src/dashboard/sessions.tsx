import type { Api } from "../account/api";
import { duration, when } from "../account/format";
import type { SessionItem } from "../account/shapes";
import { Button } from "../ui/button";
import { Empty, Panel } from "../ui/panel";
import { Title, Whole } from "./parts";
import { useFlowNames } from "./use_flow_names";
import { usePages } from "./use_pages";

export const STATUS = { waiting: "Not used yet", expired: "Never used", live: "Talking", ended: "Over" } as const;

export function Sessions({ api }: { api: Api }) {
  const { loaded, reload, more } = usePages<SessionItem>(api, "v1/sessions");
  const nameOf = useFlowNames(api);
  return (
    <>
      <Title>Sessions</Title>
      <Panel
        title="Newest first"
        aside={
          <Button look="bare" className="min-h-9 px-2.5" onClick={reload}>
            Refresh
          </Button>
        }
      >
        <Whole loaded={loaded} reload={reload}>
          {(all) =>
            all.length === 0 ? (
              <Empty>
                No sessions yet. A program starts one with an API key: <code className="font-mono text-xs">POST /v1/sessions</code>.
              </Empty>
            ) : (
              <ul className="-mx-2 divide-y divide-line">
                {all.map((each) => (
                  <li key={each.id}>
                    <a
                      href={`#/sessions/${encodeURIComponent(each.id)}`}
                      className="grid grid-cols-[1fr_auto] items-baseline gap-x-4 gap-y-0.5 rounded-lg px-2 py-3 text-sm hover:bg-sunken sm:grid-cols-[1fr_11rem_7rem_7rem]"
                    >
                      <span className="min-w-0 font-medium break-words">{nameOf(each.flow_id)}</span>
                      <span className="text-right text-quiet tabular-nums sm:text-left">{when(each.started_at)}</span>
                      <span className={each.status === "live" ? "font-medium text-good" : "text-quiet"}>{STATUS[each.status]}</span>
                      <span className="text-right text-quiet tabular-nums">{duration(each.duration_secs)}</span>
                    </a>
                  </li>
                ))}
              </ul>
            )
          }
        </Whole>
        {more && (
          <Button className="mt-3" onClick={more}>
            Older
          </Button>
        )}
      </Panel>
    </>
  );
}
