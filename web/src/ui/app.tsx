import { useState } from "react";

import iconUrl from "../favicon.svg";
import type { FlowSummary } from "../flow/api";
import { formatMs } from "../call/waterfall";
import { ScreenPanel } from "./artifact";
import { Captions } from "./captions";
import { Ended } from "./ended";
import { FlowGraph } from "./flow_graph";
import { NoticeBanner } from "./notice";
import { Stage } from "./stage";
import { Start } from "./start";
import { ThemeToggle } from "./theme";
import { useCall } from "./use_call";
import type { Loaded } from "./use_loaded";
import { useFlows, useGraph } from "./use_flows";
import { Variables } from "./variables";
import { Waterfall } from "./waterfall";

function titleOf(flows: Loaded<FlowSummary[]>, name: string | null): string {
  const known = flows.is === "ready" ? flows.value.find((flow) => flow.name === name) : undefined;
  return known?.title ?? name ?? "";
}

export function App() {
  const call = useCall();
  const { session } = call;
  const [flows, reloadFlows] = useFlows();
  const [chosen, setChosen] = useState<string | null>(null);
  const [choosing, setChoosing] = useState(true);
  const first = flows.is === "ready" ? ((flows.value.find(({ broken }) => !broken) ?? flows.value[0])?.name ?? null) : null;
  const flow = chosen ?? first;
  const graph = useGraph(flow);
  const running = session.phase === "connecting" || session.phase === "live";

  const talk = () => {
    if (flow === null) return;
    setChoosing(false);
    call.start(flow);
  };

  return (
    <>
      <Header roundTripMs={session.phase === "live" ? session.roundTripMs : null} wire={session.wire} />
      <main className="mx-auto grid max-w-7xl gap-4 px-3 pb-8 sm:px-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {session.notice && <NoticeBanner notice={session.notice} onRetry={talk} onDismiss={call.dismissNotice} />}
          {running && <Stage call={call} title={titleOf(flows, flow)} />}
          {session.phase === "ended" && !choosing && (
            <Ended session={session} title={titleOf(flows, flow)} onAgain={talk} onOther={() => setChoosing(true)} />
          )}
          {!running && (choosing || session.phase === "idle") && (
            <Start flows={flows} chosen={flow} onChoose={setChosen} onReload={reloadFlows} onTalk={talk} />
          )}
          <ScreenPanel session={session} onEvent={call.sendEvent} onEdit={call.edit} />
          <Captions captions={session.captions} />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <FlowGraph graph={graph} state={session.flow === flow ? session.state : null} visited={session.flow === flow ? session.visited : []} />
          <Variables variables={session.variables} />
          <Waterfall turns={session.turns} />
        </div>
      </main>
    </>
  );
}

const WIRES = { websocket: "WebSocket", webrtc: "WebRTC" } as const;

function Header({ roundTripMs, wire }: { roundTripMs: number | null; wire: keyof typeof WIRES }) {
  return (
    <header className="mx-auto flex max-w-7xl items-center gap-3 px-3 py-3 sm:px-6">
      <img src={iconUrl} alt="" className="size-7" />
      <p className="flex-1 text-base font-semibold tracking-tight">Antiphon</p>
      {roundTripMs !== null && (
        <p className="text-xs text-quiet tabular-nums" title="What carries the sound, and the median of the last ten pings">
          {WIRES[wire]} · round trip {formatMs(roundTripMs)}
        </p>
      )}
      <ThemeToggle />
    </header>
  );
}
