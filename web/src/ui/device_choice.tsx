import { useEffect, useId, useState } from "react";

import type { Device, Devices } from "../../sdk/audio/devices";
import { listDevices, watchDevices } from "../../sdk/audio/devices";

interface Props {
  onMicrophone: (id: string) => void;
  onSpeaker: (id: string) => void;
}

/** Which microphone and loudspeaker the call uses; shown only where there is something to choose. */
export function DeviceChoice({ onMicrophone, onSpeaker }: Props) {
  const [{ microphones, speakers }, setDevices] = useState<Devices>({ microphones: [], speakers: [] });

  useEffect(() => {
    void listDevices().then(setDevices);
    return watchDevices(setDevices);
  }, []);

  if (microphones.length < 2 && speakers.length < 2) return null;
  return (
    <div className="mt-4 flex flex-wrap gap-3 border-t border-line pt-4">
      <Choice label="Microphone" devices={microphones} onChoose={onMicrophone} />
      <Choice label="Loudspeaker" devices={speakers} onChoose={onSpeaker} />
    </div>
  );
}

function Choice({ label, devices, onChoose }: { label: string; devices: Device[]; onChoose: (id: string) => void }) {
  const id = useId();
  if (devices.length < 2) return null;
  return (
    <div className="min-w-0 flex-1 basis-48">
      <label htmlFor={id} className="mb-1 block text-xs text-quiet">
        {label}
      </label>
      <select
        id={id}
        className="min-h-11 w-full rounded-lg border border-edge bg-surface px-3 py-2 text-sm"
        onChange={(event) => onChoose(event.target.value)}
      >
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
    </div>
  );
}
