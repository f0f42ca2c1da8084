import "../index.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Reference } from "./reference";

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Reference />
    </StrictMode>,
  );
}
