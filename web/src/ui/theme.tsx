import { useEffect, useState } from "react";

import { Button } from "./button";
import { MoonIcon, SunIcon } from "./icons";

type Theme = "light" | "dark";
const KEY = "antiphon.theme";

function systemTheme(): Theme {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function storedTheme(): Theme | null {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : null;
}

/** Follows the system until the user chooses; choosing what the system has follows it again. */
export function ThemeToggle() {
  const [chosen, setChosen] = useState<Theme | null>(storedTheme);
  const [system, setSystem] = useState<Theme>(systemTheme);

  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setSystem(systemTheme());
    query.addEventListener("change", follow);
    return () => query.removeEventListener("change", follow);
  }, []);

  useEffect(() => {
    if (chosen === null) {
      delete document.documentElement.dataset["theme"];
      localStorage.removeItem(KEY);
    } else {
      document.documentElement.dataset["theme"] = chosen;
      localStorage.setItem(KEY, chosen);
    }
  }, [chosen]);

  const other: Theme = (chosen ?? system) === "dark" ? "light" : "dark";
  return (
    <Button
      look="bare"
      className="w-11 px-0"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => setChosen(other === system ? null : other)}
    >
      {other === "dark" ? <MoonIcon /> : <SunIcon />}
    </Button>
  );
}
