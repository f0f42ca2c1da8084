/** Money, times and spans as people read them. */

import type { Checkout } from "./shapes";

const MICROCENTS = 1_000_000;

/** Cents as dollars; fractions of a cent are shown down to a hundredth of one. */
export function dollars(cents: number): string {
  const digits = Number.isInteger(cents) ? 2 : 4;
  return new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits }).format(
    cents / 100,
  );
}

export function dollarsOfMicrocents(microcents: number): string {
  return dollars(microcents / MICROCENTS);
}

export function signedDollars(microcents: number): string {
  return microcents > 0 ? `+${dollarsOfMicrocents(microcents)}` : dollarsOfMicrocents(microcents).replace("-", "−");
}

export function when(unixS: number | null): string {
  if (unixS === null) return "–";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(unixS * 1000);
}

export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** `call_held` as "Call held". */
export function words(name: string): string {
  const spaced = name.replaceAll("_", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** The payment provider's page for a package; null where it is not for sale. */
export function checkoutUrl(checkout: Checkout, packageId: string): string | null {
  const plan = checkout.plans[packageId];
  if (plan === undefined) return null;
  const url = new URL(`https://checkout.freemius.com/product/${checkout.product_id}/plan/${plan}/`);
  if (checkout.sandbox_params) {
    url.searchParams.set("sandbox", checkout.sandbox_params.token);
    url.searchParams.set("s_ctx_ts", checkout.sandbox_params.ctx);
  }
  return url.href;
}
