-- AlterTable
ALTER TABLE "Place" ADD COLUMN     "within" TEXT,
ALTER COLUMN "policy" DROP NOT NULL,
ALTER COLUMN "authors" DROP NOT NULL,
ALTER COLUMN "authors" DROP DEFAULT,
ALTER COLUMN "votes" DROP NOT NULL,
ALTER COLUMN "votes" DROP DEFAULT,
ALTER COLUMN "threads" DROP NOT NULL,
ALTER COLUMN "threads" DROP DEFAULT;

-- What nobody chose so far is as it is in the channel a thread hangs on.
UPDATE "Place" SET "policy" = NULL WHERE "policy" = 'anyone';
UPDATE "Place" SET "votes" = NULL WHERE NOT "votes";
UPDATE "Place" SET "authors" = NULL WHERE NOT "authors";
UPDATE "Place" SET "threads" = NULL WHERE NOT "threads";
