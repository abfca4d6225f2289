-- CreateTable
CREATE TABLE "Image" (
    "ref" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Image_pkey" PRIMARY KEY ("ref")
);

-- CreateTable
CREATE TABLE "Lineage" (
    "id" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "policy" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Lineage_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Node" (
    "id" TEXT NOT NULL,
    "lineageId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "parentId" TEXT,
    "op" TEXT NOT NULL,
    "task" JSON,
    "imageRef" TEXT NOT NULL,
    "seed" BIGINT,
    "infotext" TEXT,
    "pick" INTEGER NOT NULL,
    "author" TEXT NOT NULL,
    "maskAuthor" TEXT,
    "jobId" TEXT,
    "place" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Node_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Branch" (
    "lineageId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "nodeId" TEXT NOT NULL,

    CONSTRAINT "Branch_pkey" PRIMARY KEY ("lineageId","name")
);

-- CreateTable
CREATE TABLE "Undone" (
    "seq" SERIAL NOT NULL,
    "lineageId" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "nodeId" TEXT NOT NULL,
    "parentId" TEXT NOT NULL,

    CONSTRAINT "Undone_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Job" (
    "id" TEXT NOT NULL,
    "requestKey" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "task" JSON NOT NULL,
    "author" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "cost" DOUBLE PRECISION NOT NULL,
    "lineageId" TEXT NOT NULL,
    "parentId" TEXT NOT NULL,
    "op" TEXT NOT NULL,
    "maskAuthor" TEXT,
    "branch" TEXT NOT NULL,
    "cardMessage" TEXT,
    "replyTo" TEXT,
    "language" TEXT NOT NULL,
    "error" JSON,
    "acceptedAt" TIMESTAMP(3) NOT NULL,
    "endedAt" TIMESTAMP(3),

    CONSTRAINT "Job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Outbox" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "card" JSON NOT NULL,
    "jobId" TEXT,
    "nodeId" TEXT,
    "replyTo" TEXT,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "dueAt" TIMESTAMP(3) NOT NULL,
    "sendingSince" TIMESTAMP(3),
    "message" TEXT,

    CONSTRAINT "Outbox_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "MessageLink" (
    "seq" SERIAL NOT NULL,
    "place" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "nodeId" TEXT,
    "jobId" TEXT,
    "draft" TEXT,

    CONSTRAINT "MessageLink_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Draft" (
    "seq" SERIAL NOT NULL,
    "id" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "author" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "content" JSON NOT NULL,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Draft_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "Person" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "language" TEXT,

    CONSTRAINT "Person_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Place" (
    "id" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "language" TEXT,
    "policy" TEXT NOT NULL,

    CONSTRAINT "Place_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Hint" (
    "person" TEXT NOT NULL,
    "hint" TEXT NOT NULL,
    "shownAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Hint_pkey" PRIMARY KEY ("person","hint")
);

-- CreateTable
CREATE TABLE "Preset" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "content" JSON NOT NULL,

    CONSTRAINT "Preset_pkey" PRIMARY KEY ("scope","owner","name")
);

-- CreateTable
CREATE TABLE "DefaultPreset" (
    "scope" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "DefaultPreset_pkey" PRIMARY KEY ("scope","owner")
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

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Node"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_imageRef_fkey" FOREIGN KEY ("imageRef") REFERENCES "Image"("ref") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Node" ADD CONSTRAINT "Node_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Branch" ADD CONSTRAINT "Branch_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Branch" ADD CONSTRAINT "Branch_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Undone" ADD CONSTRAINT "Undone_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Undone" ADD CONSTRAINT "Undone_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Job" ADD CONSTRAINT "Job_lineageId_fkey" FOREIGN KEY ("lineageId") REFERENCES "Lineage"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Job" ADD CONSTRAINT "Job_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "Node"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Outbox" ADD CONSTRAINT "Outbox_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Outbox" ADD CONSTRAINT "Outbox_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MessageLink" ADD CONSTRAINT "MessageLink_nodeId_fkey" FOREIGN KEY ("nodeId") REFERENCES "Node"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "MessageLink" ADD CONSTRAINT "MessageLink_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DefaultPreset" ADD CONSTRAINT "DefaultPreset_scope_owner_name_fkey" FOREIGN KEY ("scope", "owner", "name") REFERENCES "Preset"("scope", "owner", "name") ON DELETE CASCADE ON UPDATE CASCADE;
