import { useCallback, useEffect, useReducer, useRef } from "react";

import { Call } from "../call/call";
import { IDLE, reduce } from "../call/session";
import type { JsonObject } from "../../sdk/wire/pvp";

/** The page's one call, and what the user can do with it. */
export function useCall() {
  const [session, dispatch] = useReducer(reduce, IDLE);
  const call = useRef<Call | null>(null);

  useEffect(() => () => call.current?.hangUp(), []);

  const start = useCallback((flow: string) => {
    call.current?.hangUp();
    call.current = new Call(dispatch);
    void call.current.start(flow);
  }, []);
  const hangUp = useCallback(() => call.current?.hangUp(), []);
  const setMuted = useCallback((muted: boolean) => call.current?.setMuted(muted), []);
  const sendEvent = useCallback((action: string, data?: JsonObject) => call.current?.sendEvent(action, data), []);
  const press = useCallback((key: string) => call.current?.press(key), []);
  const levels = useCallback(() => call.current?.levels() ?? { microphone: 0, speaker: 0 }, []);
  const chooseMicrophone = useCallback((id: string) => void call.current?.useMicrophone(id).catch(() => undefined), []);
  const chooseSpeaker = useCallback((id: string) => void call.current?.useSpeaker(id).catch(() => undefined), []);
  const edit = useCallback((field: string, value: string) => dispatch({ do: "edited", field, value }), []);
  const dismissNotice = useCallback(() => dispatch({ do: "dismissed" }), []);

  return { session, start, hangUp, setMuted, sendEvent, press, levels, chooseMicrophone, chooseSpeaker, edit, dismissNotice };
}

export type CallHandle = ReturnType<typeof useCall>;
