import type { ReactNode } from "react";
import { useCallback } from "react";

import type { Route } from "../account/route";
import type { Balance } from "../account/shapes";
import iconUrl from "../favicon.svg";
import { Button } from "../ui/button";
import { Empty } from "../ui/panel";
import { ThemeToggle } from "../ui/theme";
import { useLoaded } from "../ui/use_loaded";
import { Credits } from "./credits";
import { FlowPage } from "./flow";
import { Flows } from "./flows";
import { Keys } from "./keys";
import { SessionPage } from "./session";
import { Sessions } from "./sessions";
import { SignIn } from "./sign_in";
import type { Login } from "./use_login";
import { useLogin } from "./use_login";
import { useRoute } from "./use_route";

const TABS = [
  { name: "Sessions", href: "#/sessions", views: ["sessions", "session"] },
  { name: "Flows", href: "#/flows", views: ["flows", "flow"] },
  { name: "API keys", href: "#/keys", views: ["keys"] },
  { name: "Credits", href: "#/credits", views: ["credits"] },
];

export function Dashboard() {
  const login = useLogin();
  const route = useRoute();
  if (login.api.token === null) return <NoToken login={login} route={route} />;
  return (
    <Frame route={route} account={<Button look="bare" onClick={() => void leave(login)}>Log out</Button>}>
      <View login={login} route={route} />
    </Frame>
  );
}

/** Forget the token here at once, and void it at the server; who cannot reach that is logged out here all the same. */
async function leave(login: Login): Promise<void> {
  const voided = login.api.run("POST", "auth/logout");
  login.logOut();
  await voided.catch(() => undefined);
}

/** A server on loopback serves its own machine without a log-in; others must log in. */
function NoToken({ login, route }: { login: Login; route: Route }) {
  const { api } = login;
  const wanted = route.view === "login";
  const tryIt = useCallback(() => api.get<Balance>("v1/credits/balance"), [api]);
  const [local] = useLoaded(wanted ? null : tryIt);
  if (wanted || local.is === "failed") {
    return (
      <Frame route={null} account={null}>
        <SignIn login={login} />
      </Frame>
    );
  }
  const hint = <a href="#/login" className="px-2 text-sm text-bot hover:underline">Log in</a>;
  return (
    <Frame route={route} account={hint}>
      {local.is === "loading" ? <Empty>Loading…</Empty> : <View login={login} route={route} />}
    </Frame>
  );
}

function View({ login: { api, logIn }, route }: { login: Login; route: Route }) {
  switch (route.view) {
    case "sessions":
      return <Sessions api={api} />;
    case "session":
      return <SessionPage key={route.id} api={api} id={route.id} />;
    case "flows":
      return <Flows api={api} />;
    case "flow":
      return <FlowPage key={route.id} api={api} id={route.id} />;
    case "keys":
      return <Keys api={api} />;
    case "credits":
      return <Credits api={api} />;
    case "login":
      return <SignIn login={{ api, logIn, expired: false, logOut: () => undefined }} />;
  }
}

function Frame({ route, account, children }: { route: Route | null; account: ReactNode; children: ReactNode }) {
  return (
    <>
      <header className="mx-auto flex max-w-5xl flex-wrap items-center gap-x-3 gap-y-1 px-3 py-3 sm:px-6">
        <img src={iconUrl} alt="" className="size-7" />
        <p className="text-base font-semibold tracking-tight max-sm:flex-1">Antiphon</p>
        {route && (
          <nav aria-label="Views" className="flex gap-1 max-sm:order-last max-sm:w-full sm:flex-1 sm:pl-4">
            {TABS.map(({ name, href, views }) => (
              <a
                key={name}
                href={href}
                aria-current={views.includes(route.view) ? "page" : undefined}
                className="inline-flex min-h-11 items-center rounded-lg px-2.5 text-sm font-medium text-quiet hover:bg-sunken hover:text-ink aria-[current=page]:bg-bot-soft aria-[current=page]:text-bot-strong max-sm:flex-1 max-sm:justify-center max-sm:px-1"
              >
                {name}
              </a>
            ))}
          </nav>
        )}
        {!route && <span className="flex-1" />}
        {account}
        <ThemeToggle />
      </header>
      <main className="mx-auto flex max-w-5xl flex-col gap-4 px-3 pb-10 sm:px-6">{children}</main>
    </>
  );
}
