import type { ReactNode } from "react";

/** Line icons on a 20-pixel grid; always beside a word or inside a named button. */
function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 20 20"
      className="size-5 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const MicrophoneIcon = () => (
  <Icon>
    <rect x="7.5" y="2.5" width="5" height="9" rx="2.5" />
    <path d="M4.5 9.5a5.5 5.5 0 0 0 11 0M10 15v2.5" />
  </Icon>
);

export const MutedIcon = () => (
  <Icon>
    <path d="M7.5 7.5V9a2.5 2.5 0 0 0 4.2 1.8M12.5 8.5V5a2.5 2.5 0 0 0-4.9-.7M4.5 9.5a5.5 5.5 0 0 0 8.9 4.3M15.5 9.5c0 .7-.1 1.3-.4 1.9M10 15v2.5M3 3l14 14" />
  </Icon>
);

export const KeypadIcon = () => (
  <Icon>
    <path d="M5 5h.01M10 5h.01M15 5h.01M5 10h.01M10 10h.01M15 10h.01M5 15h.01M10 15h.01M15 15h.01" strokeWidth="2.4" />
  </Icon>
);

export const EndIcon = () => (
  <Icon>
    <path d="M2.8 12.2c-.5-.6-.5-1.5 0-2.1 4-4.3 10.4-4.3 14.4 0 .5.6.5 1.5 0 2.1l-1 1.1c-.5.5-1.2.6-1.8.2l-1.7-1.1a1.4 1.4 0 0 1-.6-1.5l.2-.9a7.6 7.6 0 0 0-4.6 0l.2.9c.1.6-.1 1.2-.6 1.5l-1.7 1.1c-.6.4-1.3.3-1.8-.2z" />
  </Icon>
);

export const DownloadIcon = () => (
  <Icon>
    <path d="M10 3v9m0 0 3.5-3.5M10 12 6.5 8.5M3.5 14v1.5A1.5 1.5 0 0 0 5 17h10a1.5 1.5 0 0 0 1.5-1.5V14" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.2" />
    <path d="M10 2.5v1.2M10 16.3v1.2M2.5 10h1.2M16.3 10h1.2M4.7 4.7l.8.8M14.5 14.5l.8.8M15.3 4.7l-.8.8M5.5 14.5l-.8.8" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z" />
  </Icon>
);

export const AlertIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7.2" />
    <path d="M10 6.5v4M10 13.4v.1" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9M14.5 5.5l-9 9" />
  </Icon>
);
