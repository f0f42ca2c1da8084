import type { JsonObject } from "../../sdk/wire/pvp";
import { plainText } from "../../sdk/wire/pvp";
import { Empty, Panel } from "./panel";

export function Variables({ variables }: { variables: JsonObject }) {
  const entries = Object.entries(variables);
  const set = entries.filter(([, value]) => value !== null).length;
  return (
    <Panel title="Variables" aside={entries.length > 0 ? `${set} of ${entries.length} set` : undefined}>
      {entries.length === 0 ? (
        <Empty>What the flow learns from the caller appears here.</Empty>
      ) : (
        <table className="w-full table-fixed text-sm">
          <thead className="sr-only">
            <tr>
              <th scope="col">Variable</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {entries.map(([key, value]) => (
              <tr key={key} className="border-t border-line first:border-0">
                <th scope="row" className="w-2/5 py-1.5 pr-3 text-left align-top font-mono text-xs leading-5 font-normal break-words text-quiet">
                  {key}
                </th>
                <td key={plainText(value)} className={`py-1.5 break-words ${value === null ? "text-quiet" : "filled font-medium"}`}>
                  {value === null ? "not set" : plainText(value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
