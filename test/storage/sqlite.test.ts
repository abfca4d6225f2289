import { openStand } from './stand.ts';
import { storageConformance } from './storage.conformance.ts';

storageConformance('SQLite', () => openStand());
