import { fetchSetup, UnknownHere } from './server.ts';
import type { WireEvent } from './wire.ts';

export interface LiveListener {
  hear(event: WireEvent): void;
  /** The connection came, or went. */
  connected(isConnected: boolean): void;
}

/** After so long a server that does not answer is asked again, ms. */
export const AGAIN_MS = 2000;

/** Hears what changes after `event`. A broken connection is taken up again, where it broke. @returns a way to stop */
export function listen(event: string, listener: LiveListener): () => void {
  let source: EventSource;
  let timer: number | undefined;
  let last = event;
  const connect = () => {
    source = new EventSource(`/api/events?after=${encodeURIComponent(last)}`);
    source.onopen = () => listener.connected(true);
    source.onmessage = (message: MessageEvent<string>) => {
      last = message.lastEventId || last;
      listener.hear(JSON.parse(message.data) as WireEvent);
    };
    source.onerror = () => {
      listener.connected(false);
      if (source.readyState !== EventSource.CLOSED) return; // comes back by itself
      timer = setTimeout(again, AGAIN_MS);
    };
  };
  const again = () => {
    connect();
    fetchSetup().catch((error: unknown) => error instanceof UnknownHere && location.reload()); // to the gate
  };
  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
