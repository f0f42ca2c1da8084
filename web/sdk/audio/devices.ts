/** Which microphones and loudspeakers there are. */

export interface Device {
  id: string;
  /** As the system calls it; a number where the browser does not tell, as before the microphone is allowed. */
  label: string;
}

export interface Devices {
  microphones: Device[];
  /** Empty where the browser cannot choose. */
  speakers: Device[];
}

export function sorted(found: readonly Pick<MediaDeviceInfo, "kind" | "deviceId" | "label">[]): Devices {
  const named = (kind: MediaDeviceKind, what: string): Device[] =>
    found
      .filter((each) => each.kind === kind && each.deviceId !== "")
      .map(({ deviceId, label }, i) => ({ id: deviceId, label: label || `${what} ${i + 1}` }));
  return { microphones: named("audioinput", "Microphone"), speakers: named("audiooutput", "Loudspeaker") };
}

/** Those that are there now. */
export async function listDevices(): Promise<Devices> {
  return sorted((await navigator.mediaDevices?.enumerateDevices?.()) ?? []);
}

/** Tell `changed` whenever one comes or goes; returns how to stop that. */
export function watchDevices(changed: (devices: Devices) => void): () => void {
  const tell = () => void listDevices().then(changed);
  navigator.mediaDevices?.addEventListener?.("devicechange", tell);
  return () => navigator.mediaDevices?.removeEventListener?.("devicechange", tell);
}
