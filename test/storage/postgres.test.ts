import { databaseUrl } from '../support/services.ts';
import { openStand } from './stand.ts';
import { storageConformance } from './storage.conformance.ts';

storageConformance('PostgreSQL', async () => openStand(await databaseUrl()));
