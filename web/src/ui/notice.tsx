import type { Notice } from "../call/notice";
import { Button } from "./button";
import { AlertIcon, CloseIcon } from "./icons";

interface Props {
  notice: Notice;
  onRetry: () => void;
  onDismiss: () => void;
}

export function NoticeBanner({ notice, onRetry, onDismiss }: Props) {
  const tone = notice.tone === "error" ? "border-bad/40 bg-bad-soft" : "border-line bg-surface";
  return (
    <div role="alert" className={`appear flex gap-3 rounded-xl border p-4 ${tone}`}>
      <span className={notice.tone === "error" ? "text-bad" : "text-quiet"}>
        <AlertIcon />
      </span>
      <div className="min-w-0 flex-1">
        <p className="text-sm font-semibold">{notice.title}</p>
        {notice.lines.map((line) => (
          <p key={line} className="mt-1 text-sm leading-relaxed break-words text-ink/85">
            {line}
          </p>
        ))}
        {notice.retry && (
          <Button className="mt-3" onClick={onRetry}>
            {notice.retry}
          </Button>
        )}
      </div>
      <Button look="bare" className="-m-2 w-11 self-start px-0" aria-label="Dismiss this message" onClick={onDismiss}>
        <CloseIcon />
      </Button>
    </div>
  );
}
