/** What the dashboard asks of `/auth` and `/v1`. Addresses are relative to the page. */

export interface Finding {
  line: number;
  column: number;
  severity: string;
  code: string;
  message: string;
}

/** A request that was refused, in words for people. Status 0: the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly findings: Finding[] = [],
  ) {
    super(message);
  }
}

interface ErrorBody {
  detail?: string | { loc: (string | number)[]; msg: string }[];
  findings?: Finding[];
}

export class Api {
  /**
   * @param token Of who is logged in; null on the server's own machine, which needs none.
   * @param onExpired Called when the token is not good any more.
   */
  constructor(
    readonly token: string | null,
    private readonly onExpired: () => void = () => undefined,
  ) {}

  async get<T>(path: string): Promise<T> {
    return (await this.send("GET", path)).json() as Promise<T>;
  }

  async post<T>(path: string, body?: object): Promise<T> {
    return (await this.send("POST", path, body)).json() as Promise<T>;
  }

  async patch<T>(path: string, body: object): Promise<T> {
    return (await this.send("PATCH", path, body)).json() as Promise<T>;
  }

  /** For what answers without a body. */
  async run(method: "POST" | "DELETE", path: string): Promise<void> {
    await this.send(method, path);
  }

  async file(path: string): Promise<Blob> {
    return (await this.send("GET", path)).blob();
  }

  private async send(method: string, path: string, body?: object): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (this.token !== null) headers["Authorization"] = `Bearer ${this.token}`;
    const init: RequestInit = { method, headers, cache: "no-store" };
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const response = await fetch(new URL(path.replace(/^\//, ""), document.baseURI), init).catch(() => null);
    if (response === null) throw new ApiError(0, "The server cannot be reached. Is it running?");
    if (response.ok) return response;
    if (response.status === 401 && this.token !== null) this.onExpired();
    throw await errorOf(response);
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  return new ApiError(response.status, detailOf(body) ?? `The server answered with status ${response.status}.`, body.findings ?? []);
}

function detailOf({ detail }: ErrorBody): string | undefined {
  if (!Array.isArray(detail)) return detail;
  return detail.map(({ loc, msg }) => `${loc.at(-1) ?? "request"}: ${msg}`).join("; ");
}
