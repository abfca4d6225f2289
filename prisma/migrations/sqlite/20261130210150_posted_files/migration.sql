-- DropIndex
DROP INDEX "Node_author_idx";

-- CreateTable
CREATE TABLE "PostedFile" (
    "ref" TEXT NOT NULL,
    "way" TEXT NOT NULL,
    "file" TEXT NOT NULL,

    PRIMARY KEY ("ref", "way")
);

-- CreateIndex
CREATE INDEX "Node_author_createdAt_idx" ON "Node"("author", "createdAt");
