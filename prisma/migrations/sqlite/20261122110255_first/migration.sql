-- CreateTable
CREATE TABLE "Image" (
    "ref" TEXT NOT NULL PRIMARY KEY,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Lineage" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "place" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "policy" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Node" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "lineageId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "parentId" TEXT,
    "op" TEXT NOT NULL,
    "task" JSONB,
    "imageRef" TEXT NOT NULL,
    "seed" BIGINT,
    "infotext" TEXT,
    "pick" INTEGER NOT NULL,
    "author" TEXT NOT NULL,
    "maskAuthor" TEXT,
    "jobId" TEXT,
    "place" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "Node_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Node_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Node" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "Node_imageRef_fkey" FOREIGN KEY ("imageRef") REFERENCES "Image" ("ref") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Node_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Branch" (
    "lineageId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nodeId" TEXT NOT NULL,

    PRIMARY KEY ("lineageId", "name"),
    CONSTRAINT "Branch_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Branch_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Undone" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "lineageId" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "nodeId" TEXT NOT NULL,
    "parentId" TEXT NOT NULL,
    CONSTRAINT "Undone_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Undone_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "requestKey" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "task" JSONB NOT NULL,
    "author" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "cost" REAL NOT NULL,
    "lineageId" TEXT NOT NULL,
    "parentId" TEXT NOT NULL,
    "op" TEXT NOT NULL,
    "maskAuthor" TEXT,
    "branch" TEXT NOT NULL,
    "cardMessage" TEXT,
    "replyTo" TEXT,
    "language" TEXT NOT NULL,
    "error" JSONB,
    "acceptedAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    CONSTRAINT "Job_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Job_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Node" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Outbox" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "card" JSONB NOT NULL,
    "jobId" TEXT,
    "nodeId" TEXT,
    "replyTo" TEXT,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "dueAt" DATETIME NOT NULL,
    "sendingSince" DATETIME,
    "message" TEXT,
    CONSTRAINT "Outbox_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "Outbox_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "MessageLink" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "place" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "nodeId" TEXT,
    "jobId" TEXT,
    "draft" TEXT,
    CONSTRAINT "MessageLink_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "MessageLink_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Draft" (
    "seq" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "expiresAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Person" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL,
    "language" TEXT
);

-- CreateTable
CREATE TABLE "Place" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "group" TEXT NOT NULL,
    "language" TEXT,
    "policy" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Hint" (
    "person" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "shownAt" DATETIME NOT NULL,

    PRIMARY KEY ("person", "hint")
);

-- CreateTable
CREATE TABLE "Preset" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "content" JSONB NOT NULL,

    PRIMARY KEY ("scope", "owner", "name")
);

-- CreateTable
CREATE TABLE "DefaultPreset" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    PRIMARY KEY ("scope", "owner"),
    CONSTRAINT "DefaultPreset_scope_owner_name_fkey" FOREIGN KEY ("scope", "owner", "name") REFERENCES "Preset" ("scope", "owner", "name") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Node_parentId_number_idx" ON "Node"("parentId", "number");

-- CreateIndex
CREATE INDEX "Node_place_createdAt_idx" ON "Node"("place", "createdAt");

-- CreateIndex
CREATE INDEX "Node_place_author_createdAt_idx" ON "Node"("place", "author", "createdAt");

-- CreateIndex
CREATE INDEX "Node_imageRef_idx" ON "Node"("imageRef");

-- CreateIndex
CREATE INDEX "Node_jobId_idx" ON "Node"("jobId");

-- CreateIndex
CREATE UNIQUE INDEX "Node_lineageId_number_key" ON "Node"("lineageId", "number");

-- CreateIndex
CREATE INDEX "Branch_nodeId_idx" ON "Branch"("nodeId");

-- CreateIndex
CREATE INDEX "Undone_lineageId_by_parentId_seq_idx" ON "Undone"("lineageId", "by", "parentId", "seq");

-- CreateIndex
CREATE INDEX "Undone_nodeId_idx" ON "Undone"("nodeId");

-- CreateIndex
CREATE UNIQUE INDEX "Undone_lineageId_by_nodeId_key" ON "Undone"("lineageId", "by", "nodeId");

-- CreateIndex
CREATE UNIQUE INDEX "Job_requestKey_key" ON "Job"("requestKey");

-- CreateIndex
CREATE INDEX "Job_state_acceptedAt_idx" ON "Job"("state", "acceptedAt");

-- CreateIndex
CREATE INDEX "Job_author_acceptedAt_idx" ON "Job"("author", "acceptedAt");

-- CreateIndex
CREATE INDEX "Job_author_state_idx" ON "Job"("author", "state");

-- CreateIndex
CREATE INDEX "Job_group_state_idx" ON "Job"("group", "state");

-- CreateIndex
CREATE INDEX "Job_place_author_acceptedAt_idx" ON "Job"("place", "author", "acceptedAt");

-- CreateIndex
CREATE INDEX "Job_lineageId_idx" ON "Job"("lineageId");

-- CreateIndex
CREATE INDEX "Job_parentId_idx" ON "Job"("parentId");

-- CreateIndex
CREATE UNIQUE INDEX "Outbox_id_key" ON "Outbox"("id");

-- CreateIndex
CREATE UNIQUE INDEX "Outbox_key_key" ON "Outbox"("key");

-- CreateIndex
CREATE INDEX "Outbox_state_dueAt_idx" ON "Outbox"("state", "dueAt");

-- CreateIndex
CREATE INDEX "Outbox_jobId_idx" ON "Outbox"("jobId");

-- CreateIndex
CREATE INDEX "Outbox_nodeId_idx" ON "Outbox"("nodeId");

-- CreateIndex
CREATE INDEX "MessageLink_place_nodeId_seq_idx" ON "MessageLink"("place", "nodeId", "seq");

-- CreateIndex
CREATE INDEX "MessageLink_nodeId_idx" ON "MessageLink"("nodeId");

-- CreateIndex
CREATE INDEX "MessageLink_jobId_idx" ON "MessageLink"("jobId");

-- CreateIndex
CREATE UNIQUE INDEX "MessageLink_place_message_key" ON "MessageLink"("place", "message");

-- CreateIndex
CREATE UNIQUE INDEX "Draft_id_key" ON "Draft"("id");

-- CreateIndex
CREATE INDEX "Draft_place_author_kind_seq_idx" ON "Draft"("place", "author", "kind", "seq");

-- CreateIndex
CREATE INDEX "Draft_expiresAt_idx" ON "Draft"("expiresAt");

-- CreateIndex
CREATE UNIQUE INDEX "DefaultPreset_scope_owner_name_key" ON "DefaultPreset"("scope", "owner", "name");
