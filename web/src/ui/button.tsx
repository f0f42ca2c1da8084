import type { ComponentProps } from "react";

type Look = "primary" | "plain" | "danger" | "bare";
type ButtonProps = ComponentProps<"button"> & { look?: Look };

const LOOKS: Record<Look, string> = {
  primary: "bg-bot text-on-bot hover:bg-bot-strong border-transparent",
  plain: "bg-surface text-ink border-line hover:bg-sunken",
  danger: "bg-surface text-bad border-line hover:bg-bad-soft hover:border-bad",
  bare: "bg-transparent text-quiet border-transparent hover:bg-sunken hover:text-ink",
};

export function Button({ look = "plain", className = "", ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={`inline-flex min-h-11 items-center justify-center gap-2 rounded-lg border px-4 text-sm font-medium transition-colors disabled:opacity-50 ${LOOKS[look]} ${className}`}
      {...rest}
    />
  );
}
