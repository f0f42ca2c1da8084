import { useCallback } from "react";

import type { Api } from "../account/api";
import { ApiError } from "../account/api";
import { checkoutUrl, dollars, dollarsOfMicrocents, signedDollars, when, words } from "../account/format";
import type { Balance, Checkout, LedgerItem, Package } from "../account/shapes";
import { Button } from "../ui/button";
import { Empty, Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { Facts, Title, Whole } from "./parts";
import { usePages } from "./use_pages";

export function Credits({ api }: { api: Api }) {
  const loadBalance = useCallback(() => api.get<Balance>("v1/credits/balance"), [api]);
  const loadShop = useCallback(() => shopOf(api), [api]);
  const [balance, reloadBalance] = useLoaded(loadBalance);
  const [shop] = useLoaded(loadShop);
  return (
    <>
      <Title>Credits</Title>
      <Panel
        title="Balance"
        aside={
          <Button look="bare" className="min-h-9 px-2.5" onClick={reloadBalance}>
            Refresh
          </Button>
        }
      >
        <Whole loaded={balance} reload={reloadBalance}>
          {(found) => (
            <>
              <p className="text-3xl font-semibold tracking-tight tabular-nums">{dollars(found.balance_usd_cents)}</p>
              <div className="mt-4">
                <Facts
                  facts={[
                    ["To be spent", dollarsOfMicrocents(found.available_microcents)],
                    ["Held for calls", dollarsOfMicrocents(found.held_microcents)],
                    ["A minute costs", dollarsOfMicrocents(found.rate_per_minute_microcents)],
                  ]}
                />
              </div>
            </>
          )}
        </Whole>
      </Panel>
      {shop.is === "ready" && shop.value && <Shop {...shop.value} />}
      <Ledger api={api} />
    </>
  );
}

interface Stock {
  packages: Package[];
  checkout: Checkout;
}

/** What is for sale; null where the operator sells nothing. */
async function shopOf(api: Api): Promise<Stock | null> {
  try {
    const [checkout, packages] = await Promise.all([api.get<Checkout>("v1/config/checkout"), api.get<Package[]>("v1/credits/packages")]);
    return { checkout, packages };
  } catch (error) {
    if (error instanceof ApiError && error.status === 503) return null;
    throw error;
  }
}

function Shop({ packages, checkout }: Stock) {
  const offers = packages.flatMap((each) => {
    const url = checkoutUrl(checkout, each.id);
    return url === null ? [] : [{ ...each, url }];
  });
  return (
    <Panel title="Buy credits" aside={checkout.sandbox_params ? "Sandbox: no real money" : undefined}>
      <ul className="grid gap-3 sm:grid-cols-3">
        {offers.map(({ id, name, credits, price_usd, description, url }) => (
          <li key={id} className="flex flex-col gap-1 rounded-lg border border-line p-4">
            <p className="text-sm font-semibold">{name}</p>
            <p className="text-lg font-semibold tabular-nums">{dollars(credits)}</p>
            <p className="flex-1 text-sm text-quiet">{description}</p>
            <a
              href={url}
              target="_blank"
              rel="noreferrer"
              className="mt-2 inline-flex min-h-11 items-center justify-center rounded-lg bg-bot px-4 text-sm font-medium text-on-bot hover:bg-bot-strong"
            >
              Buy for {dollars(price_usd * 100)}
            </a>
          </li>
        ))}
      </ul>
      <p className="mt-3 text-sm text-quiet">Pay with the e-mail address that you log in with: the credits go to its account.</p>
    </Panel>
  );
}

function Ledger({ api }: { api: Api }) {
  const { loaded, reload, more } = usePages<LedgerItem>(api, "v1/credits/ledger");
  return (
    <Panel title="Ledger">
      <Whole loaded={loaded} reload={reload}>
        {(all) =>
          all.length === 0 ? (
            <Empty>Nothing has changed the balance yet.</Empty>
          ) : (
            <ul className="divide-y divide-line">
              {all.map(({ id, kind, created_at, session_id, note, microcents }) => (
                <li key={id} className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 py-2.5 text-sm">
                  <span className="min-w-0 flex-1 basis-48 font-medium break-words">
                    {words(kind)}
                    {note && <span className="font-normal text-quiet"> · {note}</span>}
                    {session_id && (
                      <a href={`#/sessions/${encodeURIComponent(session_id)}`} className="ml-2 font-normal text-bot hover:underline">
                        session
                      </a>
                    )}
                  </span>
                  <span className="text-xs text-quiet tabular-nums">{when(created_at)}</span>
                  <span className={`min-w-20 text-right tabular-nums ${microcents > 0 ? "text-good" : microcents < 0 ? "" : "text-quiet"}`}>
                    {microcents === 0 ? "held" : signedDollars(microcents)}
                  </span>
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
  );
}
