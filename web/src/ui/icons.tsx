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
    <path d="M4.5 9.500a5.5 5.5 0 0 0 11 0M10 15v2.5" />
  </Icon>
);

export const MutedIcon = () => (
  <Icon>
    <path d="M7.5 7.500V9a2.5 2.5 0 0 0 4.2 1.800M12.5 8.500V5a2.5 2.5 0 0 0-4.9-.700M4.5 9.500a5.5 5.5 0 0 0 8.9 4.300M15.5 9.500c0 .7-.1 1.3-.4 1.900M10 15v2.500M3 3l14 14" />
  </Icon>
);

export const EndIcon = () => (
  <Icon>
    <path d="M2.8 12.200c-.5-.6-.5-1.5 0-2.1 4-4.3 10.4-4.3 14.4 0 .5.6.5 1.5 0 2.100l-1 1.100c-.5.5-1.2.6-1.8.2l-1.7-1.100a1.4 1.4 0 0 1-.6-1.500l.2-.9a7.6 7.6 0 0 0-4.6 0l.2.9c.1.6-.1 1.2-.6 1.500l-1.7 1.100c-.6.4-1.3.3-1.8-.2z" />
  </Icon>
);

export const DownloadIcon = () => (
  <Icon>
    <path d="M10 3v9m0 0 3.5-3.500M10 12 6.5 8.500M3.5 14v1.500A1.5 1.5 0 0 0 5 17h10a1.5 1.5 0 0 0 1.5-1.500V14" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.2" />
    <path d="M10 2.500v1.200M10 16.300v1.200M2.5 10h1.200M16.3 10h1.200M4.7 4.700l.8.8M14.5 14.500l.8.8M15.3 4.700l-.8.8M5.5 14.500l-.8.8" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.5 11.800A6.8 6.8 0 0 1 8.2 3.500a6.8 6.8 0 1 0 8.3 8.300z" />
  </Icon>
);

export const AlertIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7.2" />
    <path d="M10 6.500v4M10 13.400v.1" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9M14.5 5.500l-9 9" />
  </Icon>
);
