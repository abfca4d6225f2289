import { databaseUrl } from '../support/services.ts';
import { houseConformance } from './house.conformance.ts';
import { openStand } from './stand.ts';
import { storageConformance } from './storage.conformance.ts';

storageConformance('PostgreSQL', async () => openStand(await databaseUrl()));
houseConformance('the rules of the house on PostgreSQL', async () => openStand(await databaseUrl()));
