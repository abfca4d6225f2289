-- AlterTable
ALTER TABLE "Job" ADD COLUMN     "expected" TEXT;

-- AlterTable
ALTER TABLE "Lineage" ADD COLUMN     "lockedBy" TEXT;

-- AlterTable
ALTER TABLE "Place" ADD COLUMN     "authors" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "votes" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "Branch" ADD COLUMN     "by" TEXT;

-- CreateTable
CREATE TABLE "Collaborator" (
    "lineageId" TEXT NOT NULL,
    "member" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "Collaborator_pkey" PRIMARY KEY ("lineageId","member")
);

-- CreateTable
CREATE TABLE "Hold" (
    "nodeId" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "until" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Hold_pkey" PRIMARY KEY ("nodeId","by")
);

-- CreateTable
CREATE TABLE "Vote" (
    "id" TEXT NOT NULL,
    "lineageId" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "content" JSON NOT NULL,
    "needed" INTEGER NOT NULL,
    "language" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "closesAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Vote_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Ballot" (
    "voteId" TEXT NOT NULL,
    "by" TEXT NOT NULL,

    CONSTRAINT "Ballot_pkey" PRIMARY KEY ("voteId","by")
);

-- CreateIndex
CREATE INDEX "Hold_until_idx" ON "Hold"("until");

-- CreateIndex
CREATE INDEX "Vote_lineageId_idx" ON "Vote"("lineageId");

-- CreateIndex
CREATE INDEX "Vote_state_closesAt_idx" ON "Vote"("state", "closesAt");

-- AddForeignKey
ALTER TABLE "Collaborator" ADD CONSTRAINT "Collaborator_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Hold" ADD CONSTRAINT "Hold_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Vote" ADD CONSTRAINT "Vote_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Ballot" ADD CONSTRAINT "Ballot_voteId_fkey" FOREIGN KEY ("voteId") REFERENCES "Vote"("id") ON DELETE CASCADE ON UPDATE CASCADE;
