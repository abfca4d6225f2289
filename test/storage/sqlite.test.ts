import { houseConformance } from './house.conformance.ts';
import { jobsConformance } from './jobs.conformance.ts';
import { lineageConformance } from './lineage.conformance.ts';
import { peopleConformance } from './people.conformance.ts';
import { openStand } from './stand.ts';

const open = () => openStand();
lineageConformance('pictures on SQLite', open);
jobsConformance('jobs on SQLite', open);
peopleConformance('people on SQLite', open);
houseConformance('the rules of the house on SQLite', open);
