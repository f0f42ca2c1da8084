import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const SERVER = "http://127.0.0.1:8000";

export default defineConfig({
  // Relative, so that the page also works behind a path prefix.
  base: "./",
  plugins: [react(), tailwindcss()],
  worker: { format: "es" },
  build: {
    outDir: "../server/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // The talk page, the dashboard (served as /ui) and the API reference (/docs).
    rolldownOptions: { input: ["index.html", "ui.html", "docs.html"] },
  },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/flows": SERVER,
      "/calls": SERVER,
      "/auth": SERVER,
      "/v1": SERVER,
      "/openapi.json": SERVER,
      "/ws": { target: SERVER, ws: true },
    },
  },
  test: { environment: "happy-dom" },
});
