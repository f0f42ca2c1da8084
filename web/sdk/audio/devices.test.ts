import { expect, test } from "vitest";

import { sorted } from "./devices";

test("devices are told apart and have names", () => {
  const found = [
    { kind: "audioinput", deviceId: "default", label: "Built-in" },
    { kind: "audioinput", deviceId: "a1", label: "" },
    { kind: "videoinput", deviceId: "v", label: "Camera" },
    { kind: "audiooutput", deviceId: "o", label: "Headset" },
    { kind: "audiooutput", deviceId: "", label: "" },
  ] as const;
  expect(sorted(found)).toEqual({
    microphones: [
      { id: "default", label: "Built-in" },
      { id: "a1", label: "Microphone 2" },
    ],
    speakers: [{ id: "o", label: "Headset" }],
  });
});
