import type { FormEvent } from "react";
import { useCallback, useState } from "react";

import type { LoginMethods, Token } from "../account/shapes";
import { Button } from "../ui/button";
import { useLoaded } from "../ui/use_loaded";
import { Problem, TextField } from "./parts";
import type { Login } from "./use_login";
import { useDeed } from "./use_deed";

type Way = "password" | "sign_up" | "code" | "reset";

const WAYS: Record<Way, { title: string; button: string; path: string }> = {
  password: { title: "Log in", button: "Log in", path: "auth/login" },
  sign_up: { title: "Create an account", button: "Sign up", path: "auth/signup" },
  code: { title: "Log in with a code", button: "Log in", path: "auth/otp/verify" },
  reset: { title: "Set a new password", button: "Set password", path: "auth/password/reset" },
};
const OAUTH_NAMES: Record<string, string> = { google: "Google", github: "GitHub" };

export function SignIn({ login }: { login: Login }) {
  const { api } = login;
  const load = useCallback(() => api.get<LoginMethods>("auth/methods"), [api]);
  const [methods] = useLoaded(load);
  const [way, setWay] = useState<Way>("password");
  const [email, setEmail] = useState("");
  const known = methods.is === "ready" ? methods.value : { mail: false, oauth: [] };

  const enter = (token: string) => {
    if (location.hash === "#/login") location.hash = "#/sessions";
    login.logIn(token);
  };

  return (
    <section aria-label={WAYS[way].title} className="mx-auto mt-4 w-full max-w-md rounded-xl border border-line bg-surface p-5 sm:mt-12 sm:p-7">
      <h1 className="text-xl font-semibold tracking-tight">{WAYS[way].title}</h1>
      {login.expired && <p className="mt-2 text-sm text-quiet">You were logged out: your log-in was too old or void.</p>}
      <Form key={way} way={way} login={login} email={email} onEmail={setEmail} onEnter={enter} />
      {known.oauth.length > 0 && (
        <div className="mt-5 flex flex-col gap-2 border-t border-line pt-5">
          {known.oauth.map((name) => (
            <a
              key={name}
              href={`auth/oauth/${name}`}
              className="inline-flex min-h-11 items-center justify-center rounded-lg border border-line px-4 text-sm font-medium hover:bg-sunken"
            >
              Continue with {OAUTH_NAMES[name] ?? name}
            </a>
          ))}
        </div>
      )}
      <div className="mt-5 flex flex-wrap gap-x-1 border-t border-line pt-4">
        {(Object.keys(WAYS) as Way[])
          .filter((other) => other !== way && (known.mail || other === "password" || other === "sign_up"))
          .map((other) => (
            <Button key={other} look="bare" className="px-2.5" onClick={() => setWay(other)}>
              {WAYS[other].title}
            </Button>
          ))}
      </div>
    </section>
  );
}

interface FormProps {
  way: Way;
  login: Login;
  email: string;
  onEmail: (email: string) => void;
  onEnter: (token: string) => void;
}

function Form({ way, login: { api }, email, onEmail, onEnter }: FormProps) {
  const deed = useDeed();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [sent, setSent] = useState(false);
  const byCode = way === "code" || way === "reset";

  const submit = (event: FormEvent) => {
    event.preventDefault();
    deed.run(async () => {
      if (byCode && !sent) {
        await api.post(way === "code" ? "auth/otp/request" : "auth/password/reset/request", { email });
        setSent(true);
        return;
      }
      const proof = byCode ? { code, ...(way === "reset" && { new_password: password }) } : { password };
      onEnter((await api.post<Token>(WAYS[way].path, { email, ...proof })).access_token);
    });
  };

  return (
    <form onSubmit={submit} className="mt-4 flex flex-col gap-4">
      <TextField label="E-mail" type="email" name="email" autoComplete="username" required readOnly={sent} value={email} onChange={onEmail} />
      {byCode && sent && (
        <TextField
          label="Code"
          hint="Six digits, on their way to you by mail; good for ten minutes."
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={code}
          onChange={setCode}
        />
      )}
      {(!byCode || (way === "reset" && sent)) && (
        <TextField
          label={way === "reset" ? "New password" : "Password"}
          {...(way !== "password" && { hint: "At least eight characters." })}
          type="password"
          name="password"
          autoComplete={way === "password" ? "current-password" : "new-password"}
          minLength={way === "password" ? 1 : 8}
          required
          value={password}
          onChange={setPassword}
        />
      )}
      <Problem text={deed.problem} />
      <Button type="submit" look="primary" disabled={deed.busy}>
        {byCode && !sent ? "Send me a code" : WAYS[way].button}
      </Button>
    </form>
  );
}
