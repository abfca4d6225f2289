-- AlterTable
ALTER TABLE "Job" ADD COLUMN "expected" TEXT;

-- AlterTable
ALTER TABLE "Lineage" ADD COLUMN "lockedBy" TEXT;

-- CreateTable
CREATE TABLE "Collaborator" (
    "lineageId" TEXT NOT NULL,
    "member" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    PRIMARY KEY ("lineageId", "member"),
    CONSTRAINT "Collaborator_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Hold" (
    "nodeId" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "until" DATETIME NOT NULL,

    PRIMARY KEY ("nodeId", "by"),
    CONSTRAINT "Hold_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Vote" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "lineageId" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "needed" INTEGER NOT NULL,
    "language" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "closesAt" DATETIME NOT NULL,
    CONSTRAINT "Vote_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Ballot" (
    "voteId" TEXT NOT NULL,
    "by" TEXT NOT NULL,

    PRIMARY KEY ("voteId", "by"),
    CONSTRAINT "Ballot_voteId_fkey" FOREIGN KEY ("voteId") REFERENCES "Vote" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- AlterTable
ALTER TABLE "Place" ADD COLUMN "votes" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Place" ADD COLUMN "authors" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Branch" ADD COLUMN "by" TEXT;

-- CreateIndex
CREATE INDEX "Hold_until_idx" ON "Hold"("until");

-- CreateIndex
CREATE INDEX "Vote_lineageId_idx" ON "Vote"("lineageId");

-- CreateIndex
CREATE INDEX "Vote_state_closesAt_idx" ON "Vote"("state", "closesAt");
