import { houseConformance } from './house.conformance.ts';
import { openStand } from './stand.ts';
import { storageConformance } from './storage.conformance.ts';

storageConformance('SQLite', () => openStand());
houseConformance('the rules of the house on SQLite', () => openStand());
