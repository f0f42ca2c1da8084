import { expect, test } from "vitest";

import { checkoutUrl, dollars, duration, signedDollars, words } from "./format";

test.each([
  [200, "$2.00"],
  [0, "$0.00"],
  [0.5, "$0.005"],
  [123456, "$1,234.56"],
])("%s cents are %s", (cents, text) => expect(dollars(cents)).toBe(text));

test("changes of a balance have a sign", () => {
  expect(signedDollars(200_000_000)).toBe("+$2.00");
  expect(signedDollars(-3_000_000)).toBe("−$0.03");
});

test("times are told in minutes and seconds", () => {
  expect([duration(null), duration(0), duration(61)]).toEqual(["–", "0 s", "1 min 1 s"]);
});

test("names of the wire become words", () => expect(words("call_held")).toBe("Call held"));

test("a package is bought at the provider's page, in the sandbox with its token", () => {
  const checkout = { product_id: "77", sandbox_params: { token: "t&", ctx: "1" }, plans: { starter: "101" } };
  expect(checkoutUrl(checkout, "starter")).toBe("https://checkout.freemius.com/product/77/plan/101/?sandbox=t%26&s_ctx_ts=1");
  expect(checkoutUrl({ ...checkout, sandbox_params: null }, "starter")).toBe("https://checkout.freemius.com/product/77/plan/101/");
  expect(checkoutUrl(checkout, "pro")).toBeNull();
});
