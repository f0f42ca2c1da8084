const SERVER = process.env.ANTIPHON_URL ?? "http://127.0.0.1:8000";
const SOCKET = { target: SERVER, ws: true };

export default {
  cacheDir: "../../../web/node_modules/.vite",
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    fs: { allow: ["../../.."] }, // the SDK lies beside the examples
    proxy: { "/ws": SOCKET, "/v1": SOCKET, "/ice-servers": SERVER },
  },
};
