/** Errors as a person needs them: what happened, what to do, and whether trying again makes sense. */

import type { AudioError } from "../../sdk/audio/call_audio";

export interface Notice {
  tone: "error" | "info";
  title: string;
  lines: string[];
  retry: "Reconnect" | "Try again" | null;
}

function failure(title: string, lines: string[], retry: Notice["retry"] = null): Notice {
  return { tone: "error", title, lines, retry };
}

export function noticeForAudio(reason: AudioError["reason"]): Notice {
  switch (reason) {
    case "denied":
      return failure(
        "The microphone is blocked for this page",
        [
          "Click the icon at the left of the address bar, set Microphone to Allow, then try again.",
          "If it is not listed there, allow microphone access for the browser in your system's privacy settings.",
        ],
        "Try again",
      );
    case "no_device":
      return failure("No microphone found", ["Connect a microphone or headset, then try again."], "Try again");
    case "busy":
      return failure(
        "The microphone could not be opened",
        ["Another program may be using it. Close that program, then try again."],
        "Try again",
      );
    case "insecure":
      return failure("The browser does not allow a microphone on this address", [
        "Open the page on this machine as http://127.0.0.1 with the same port, or put HTTPS in front of the server.",
      ]);
    case "unsupported":
      return failure("This browser cannot record sound", ["Use a current Chrome, Edge, Firefox or Safari."]);
  }
}

const KNOWN: Record<string, (message: string, findings: string[]) => Notice> = {
  "capacity.full": () => failure("All lines are busy", ["Every call slot of this server is taken."], "Try again"),
  "flow.not_found": (message) => failure("This flow is not on the server", [message]),
  "flow.invalid": (_, findings) => failure("This flow cannot be read", findings),
  "flow.check_failed": (_, findings) => failure("This flow does not pass the check", findings),
  "call.idle": () => ({
    tone: "info",
    title: "The call ended because nobody spoke",
    lines: ["The server hangs up after two minutes of silence."],
    retry: "Reconnect",
  }),
  internal: () => failure("Something went wrong on the server", ["Its log says what."], "Reconnect"),
};

export function noticeForError(code: string, message: string, findings: string[]): Notice {
  const known = Object.hasOwn(KNOWN, code) ? KNOWN[code] : undefined;
  return known ? known(message, findings) : failure(message, code ? [`Code: ${code}`] : []);
}

/** Why the socket closed, where no `error` message said so before. */
export function noticeForClose(code: number, opened: boolean): Notice | null {
  if (!opened) {
    return failure(
      "Could not connect",
      ["The server is not running, is shutting down, or takes no more calls."],
      "Try again",
    );
  }
  switch (code) {
    case 1000:
      return null;
    case 1012:
      return { tone: "info", title: "The server is restarting", lines: ["Reconnect in a moment."], retry: "Reconnect" };
    case 1013:
      return noticeForError("capacity.full", "", []);
    case 4408:
      return noticeForError("call.idle", "", []);
    default:
      return failure("Connection lost", [`The call broke off (code ${code}).`], "Reconnect");
  }
}
