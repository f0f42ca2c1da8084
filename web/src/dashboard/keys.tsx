import type { FormEvent } from "react";
import { useCallback, useState } from "react";

import type { Api } from "../account/api";
import { when } from "../account/format";
import type { Key, KeyMade } from "../account/shapes";
import { Button } from "../ui/button";
import { Empty, Panel } from "../ui/panel";
import { useLoaded } from "../ui/use_loaded";
import { CONTROL, Problem, SureButton, TextField, Title, Whole } from "./parts";
import { useDeed } from "./use_deed";

/** What a key is made for, and the scopes that this takes; none means all. */
const PURPOSES = [
  { name: "Everything", scopes: [] },
  { name: "Start sessions only", scopes: ["sessions:write"] },
  { name: "Read only", scopes: ["flows:read", "sessions:read", "credits:read"] },
];
const LIVES = [
  { name: "Until it is revoked", days: null },
  { name: "30 days", days: 30 },
  { name: "A year", days: 365 },
];

export function Keys({ api }: { api: Api }) {
  const load = useCallback(() => api.get<Key[]>("auth/api-keys"), [api]);
  const [keys, reload] = useLoaded(load);
  const [made, setMade] = useState<KeyMade | null>(null);
  return (
    <>
      <Title>API keys</Title>
      {made && <NewKey made={made} onDone={() => setMade(null)} />}
      <Panel title="Make a key">
        <MakeKey
          api={api}
          onMade={(key) => {
            setMade(key);
            reload();
          }}
        />
      </Panel>
      <Panel title="Your keys">
        <Whole loaded={keys} reload={reload}>
          {(all) => (all.length === 0 ? <Empty>No keys yet. A program needs one to start sessions.</Empty> : <KeyList api={api} keys={all} onChange={reload} />)}
        </Whole>
      </Panel>
    </>
  );
}

function MakeKey({ api, onMade }: { api: Api; onMade: (made: KeyMade) => void }) {
  const deed = useDeed();
  const [label, setLabel] = useState("");
  const [purpose, setPurpose] = useState(0);
  const [life, setLife] = useState(0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const query = new URLSearchParams();
    if (label.trim()) query.set("label", label.trim());
    for (const scope of PURPOSES[purpose]?.scopes ?? []) query.append("scope", scope);
    const days = LIVES[life]?.days;
    if (days) query.set("expires_in_days", String(days));
    deed.run(async () => {
      onMade(await api.post<KeyMade>(`auth/api-keys?${query.toString()}`));
      setLabel("");
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <div className="grid items-end gap-3 sm:grid-cols-[1fr_1fr_1fr_auto]">
        <TextField label="Name" placeholder="default" maxLength={200} autoComplete="off" value={label} onChange={setLabel} />
        <Choice label="It may do" names={PURPOSES.map(({ name }) => name)} value={purpose} onChange={setPurpose} />
        <Choice label="Valid for" names={LIVES.map(({ name }) => name)} value={life} onChange={setLife} />
        <Button type="submit" look="primary" disabled={deed.busy}>
          Make key
        </Button>
      </div>
      <Problem text={deed.problem} />
    </form>
  );
}

function Choice({ label, names, value, onChange }: { label: string; names: string[]; value: number; onChange: (value: number) => void }) {
  return (
    <label className="block min-w-0 text-sm font-medium">
      <span className="mb-1 block">{label}</span>
      <select className={`${CONTROL} font-normal`} value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {names.map((name, i) => (
          <option key={name} value={i}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The one time that a key is shown whole. */
function NewKey({ made, onDone }: { made: KeyMade; onDone: () => void }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const copy = () => {
    navigator.clipboard.writeText(made.key).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section aria-label="Your new key" className="appear rounded-xl border border-bot bg-bot-soft p-4 sm:p-5">
      <h2 className="text-sm font-semibold">Your new key “{made.label}”</h2>
      <p className="mt-1 text-sm">Copy it now: it is shown this once, and we keep only a digest of it.</p>
      <code className="mt-3 block rounded-lg bg-surface p-3 font-mono text-sm break-all select-all">{made.key}</code>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <Button look="primary" onClick={copy}>
          Copy
        </Button>
        <Button onClick={onDone}>I have it</Button>
        <p role="status" className="text-sm">
          {copied === true && "Copied."}
          {copied === false && "The browser did not allow it; select the key and copy it by hand."}
        </p>
      </div>
    </section>
  );
}

function KeyList({ api, keys, onChange }: { api: Api; keys: Key[]; onChange: () => void }) {
  const deed = useDeed();
  const revoke = (key: Key) =>
    deed.run(async () => {
      await api.run("DELETE", `auth/api-keys/${encodeURIComponent(key.key_id)}`);
      onChange();
    });
  return (
    <>
      <Problem text={deed.problem} />
      <ul className="divide-y divide-line">
        {keys.map((key) => (
          <li key={key.key_id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
            <div className="min-w-0 flex-1 basis-60">
              <p className={`text-sm font-medium break-words ${key.revoked ? "text-quiet line-through" : ""}`}>{key.label}</p>
              <p className="mt-0.5 text-xs break-words text-quiet">
                <span className="font-mono">{key.key_prefix}</span> · made {when(key.created_at)}
                {key.last_used_at !== null && ` · last used ${when(key.last_used_at)}`}
                {key.expires_at !== null && ` · valid until ${when(key.expires_at)}`}
              </p>
            </div>
            {key.revoked ? (
              <span className="text-sm text-quiet">Revoked</span>
            ) : (
              <SureButton ask="Revoke" sure="Revoke it for good" disabled={deed.busy} onSure={() => revoke(key)} />
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
