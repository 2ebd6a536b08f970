import { type Listening, listen } from '../shared/http/listen.ts';

type Listener = Parameters<typeof listen>[0];
type Addresses = Readonly<{ host: string; port: number; adminPort: number }>;

/** The ports of call-metrics. */
export type Listeners = Readonly<{
  /** Opens the admin port, then that of the query API. Rejects if one of them cannot be opened. */
  open: () => Promise<void>;
  port: () => number;
  adminPort: () => number;
  /** Lets requests in progress end. */
  closeApi: () => Promise<void>;
  closeAdmin: () => Promise<void>;
}>;

const API_CLOSES_WITHIN_MS = 5_000;

export function createListeners({ host, port, adminPort }: Addresses, admin: Listener, api: Listener): Listeners {
  let openAdmin: Listening | null = null;
  let openApi: Listening | null = null;
  return {
    open: async () => {
      openAdmin = await listen(admin, { host, port: adminPort, portVariable: 'ADMIN_PORT' });
      openApi = await listen(api, { host, port, portVariable: 'PORT' });
    },
    port: () => openApi?.port ?? port,
    adminPort: () => openAdmin?.port ?? adminPort,
    closeApi: async () => openApi?.close(API_CLOSES_WITHIN_MS),
    closeAdmin: async () => openAdmin?.close(0),
  };
}
