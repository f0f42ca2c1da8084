import { Button } from "./button";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SPOKEN: Record<string, string> = { "*": "star", "#": "hash" };

/** The keys of a telephone, for flows that ask for them. */
export function Keypad({ id, onPress }: { id: string; onPress: (key: string) => void }) {
  return (
    <div id={id} role="group" aria-label="Telephone keys" className="mx-auto mt-4 grid max-w-60 grid-cols-3 gap-2">
      {KEYS.map((key) => (
        <Button key={key} className="text-base tabular-nums active:bg-sunken" aria-label={SPOKEN[key]} onClick={() => onPress(key)}>
          {key}
        </Button>
      ))}
    </div>
  );
}
