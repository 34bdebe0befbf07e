CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`site` text NOT NULL,
	`name` text NOT NULL,
	`place` text,
	`stopped_reason` text,
	`stopped_at` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `answers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`answer` text NOT NULL,
	`path` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `answers_run` ON `answers` (`run_id`);--> statement-breakpoint
CREATE TABLE `approvals` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`draft_id` integer NOT NULL,
	`lead_id` integer NOT NULL,
	`person` text NOT NULL,
	`seal` text NOT NULL,
	`expires_at` text NOT NULL,
	`used_at` text,
	`voided_at` text,
	`void_reason` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `approvals_draft` ON `approvals` (`draft_id`);--> statement-breakpoint
CREATE INDEX `approvals_lead` ON `approvals` (`lead_id`);--> statement-breakpoint
CREATE TABLE `bookmarks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner` text NOT NULL,
	`name` text NOT NULL,
	`path` text NOT NULL,
	`is_shared` integer DEFAULT false NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `bookmarks_owner` ON `bookmarks` (`owner`);--> statement-breakpoint
CREATE TABLE `calls` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`action` text NOT NULL,
	`effect` text NOT NULL,
	`arguments` text NOT NULL,
	`verdict` text NOT NULL,
	`reason` text NOT NULL,
	`result` text,
	`evidence_id` integer,
	`cost_usd` real DEFAULT 0 NOT NULL,
	`milliseconds` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `calls_run` ON `calls` (`run_id`,`id`);--> statement-breakpoint
CREATE TABLE `changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`changeset_id` integer NOT NULL,
	`table_name` text NOT NULL,
	`row_id` integer NOT NULL,
	`op` text NOT NULL,
	`before` text,
	`after` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `changes_row` ON `changes` (`table_name`,`row_id`);--> statement-breakpoint
CREATE INDEX `changes_changeset` ON `changes` (`changeset_id`);--> statement-breakpoint
CREATE TABLE `changesets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`actor` text NOT NULL,
	`kind` text NOT NULL,
	`run_id` integer,
	`undoes` integer,
	`undoes_change` integer,
	`note` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `changesets_run` ON `changesets` (`run_id`) WHERE run_id is not null;--> statement-breakpoint
CREATE INDEX `changesets_undoes` ON `changesets` (`undoes`) WHERE undoes is not null;--> statement-breakpoint
CREATE TABLE `checks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`fact_id` integer NOT NULL,
	`source` text NOT NULL,
	`field` text NOT NULL,
	`verdict` text NOT NULL,
	`run_id` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `checks_fact` ON `checks` (`fact_id`);--> statement-breakpoint
CREATE INDEX `checks_source` ON `checks` (`source`);--> statement-breakpoint
CREATE TABLE `companies` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text,
	`domain` text,
	`linkedin_url` text,
	`x_handle` text,
	`industry` text,
	`size` text,
	`location` text,
	`description` text,
	`name_key` text,
	`custom` text DEFAULT '{}' NOT NULL,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`merged_into` integer
);
--> statement-breakpoint
CREATE INDEX `companies_created` ON `companies` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `companies_name_key` ON `companies` (`name_key`);--> statement-breakpoint
CREATE INDEX `companies_merged` ON `companies` (`merged_into`) WHERE merged_into is not null;--> statement-breakpoint
CREATE TABLE `distinctions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`entity` text NOT NULL,
	`one_id` integer NOT NULL,
	`other_id` integer NOT NULL,
	`actor` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `distinctions_one` ON `distinctions` (`entity`,`one_id`);--> statement-breakpoint
CREATE INDEX `distinctions_other` ON `distinctions` (`entity`,`other_id`);--> statement-breakpoint
CREATE TABLE `drafts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lead_id` integer NOT NULL,
	`channel` text NOT NULL,
	`account` text,
	`recipient` text NOT NULL,
	`subject` text,
	`body` text NOT NULL,
	`claims` text DEFAULT '[]' NOT NULL,
	`state` text DEFAULT 'draft' NOT NULL,
	`reason` text,
	`snoozed_until` text,
	`author` text NOT NULL,
	`run_id` integer,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `drafts_lead` ON `drafts` (`lead_id`);--> statement-breakpoint
CREATE INDEX `drafts_state_created` ON `drafts` (`state`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `drafts_created` ON `drafts` (`created_at`,`id`);--> statement-breakpoint
CREATE TABLE `evidence` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`url` text NOT NULL,
	`kind` text NOT NULL,
	`title` text,
	`text` text NOT NULL,
	`sha256` text NOT NULL,
	`captured_at` text NOT NULL,
	`account` text,
	`final_url` text,
	`outcome` text NOT NULL,
	`reason` text,
	`reading` text,
	`capture` text,
	`place` text,
	`run_id` integer
);
--> statement-breakpoint
CREATE INDEX `evidence_url` ON `evidence` (`url`,`captured_at`);--> statement-breakpoint
CREATE INDEX `evidence_run` ON `evidence` (`run_id`);--> statement-breakpoint
CREATE TABLE `facts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`entity` text NOT NULL,
	`entity_id` integer NOT NULL,
	`field` text NOT NULL,
	`value` text,
	`basis` text NOT NULL,
	`state` text NOT NULL,
	`evidence_id` integer,
	`quote` text,
	`reason` text,
	`run_id` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `facts_entity` ON `facts` (`entity`,`entity_id`,`field`);--> statement-breakpoint
CREATE INDEX `facts_run` ON `facts` (`run_id`);--> statement-breakpoint
CREATE INDEX `facts_evidence` ON `facts` (`evidence_id`);--> statement-breakpoint
CREATE TABLE `fields` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`entity` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`type` text NOT NULL,
	`choices` text DEFAULT '[]' NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `fields_name` ON `fields` (`entity`,`name`);--> statement-breakpoint
CREATE TABLE `hosts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`place` text NOT NULL,
	`machine` text NOT NULL,
	`folder` text NOT NULL,
	`web` text NOT NULL,
	`started_at` text NOT NULL,
	`seen_at` text NOT NULL,
	`lives_until` text NOT NULL,
	`ended_at` text,
	`model_paused_until` text
);
--> statement-breakpoint
CREATE INDEX `hosts_place` ON `hosts` (`place`);--> statement-breakpoint
CREATE INDEX `hosts_open` ON `hosts` (`lives_until`) WHERE ended_at is null;--> statement-breakpoint
CREATE TABLE `identities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lead_id` integer,
	`company_id` integer,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `identities_lead_value` ON `identities` (`kind`,`value`) WHERE lead_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `identities_company_value` ON `identities` (`kind`,`value`) WHERE company_id is not null;--> statement-breakpoint
CREATE INDEX `identities_lead` ON `identities` (`lead_id`) WHERE lead_id is not null;--> statement-breakpoint
CREATE INDEX `identities_company` ON `identities` (`company_id`) WHERE company_id is not null;--> statement-breakpoint
CREATE TABLE `leads` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text,
	`title` text,
	`company_id` integer,
	`company` text,
	`email` text,
	`phone` text,
	`linkedin_url` text,
	`x_handle` text,
	`location` text,
	`status` text DEFAULT 'new' NOT NULL,
	`value` real,
	`score` integer,
	`owner` text,
	`source` text,
	`custom` text DEFAULT '{}' NOT NULL,
	`enriched_at` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL,
	`merged_into` integer
);
--> statement-breakpoint
CREATE INDEX `leads_created` ON `leads` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_updated` ON `leads` (`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_status_created` ON `leads` (`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `leads_merged` ON `leads` (`merged_into`) WHERE merged_into is not null;--> statement-breakpoint
CREATE TABLE `memories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner` text NOT NULL,
	`text` text NOT NULL,
	`source` text NOT NULL,
	`is_always` integer DEFAULT false NOT NULL,
	`state` text NOT NULL,
	`run_id` integer,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `memories_owner` ON `memories` (`owner`,`state`);--> statement-breakpoint
CREATE TABLE `messages` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`role` text NOT NULL,
	`content` text NOT NULL,
	`stop_reason` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `messages_run` ON `messages` (`run_id`,`id`);--> statement-breakpoint
CREATE TABLE `questions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`task_id` integer,
	`lead_id` integer,
	`calls` text NOT NULL,
	`api` text NOT NULL,
	`snapshot` blob,
	`seal` text NOT NULL,
	`answer` text,
	`answered_by` text,
	`answered_at` text,
	`outcome` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `questions_run` ON `questions` (`run_id`);--> statement-breakpoint
CREATE INDEX `questions_open` ON `questions` (`created_at`,`id`) WHERE answer is null;--> statement-breakpoint
CREATE TABLE `readings` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`place` text NOT NULL,
	`url` text NOT NULL,
	`page` text NOT NULL,
	`owner` text,
	`run_id` integer,
	`wanted_until` text NOT NULL,
	`taken_by` integer,
	`answer` text,
	`created_at` text NOT NULL,
	`answered_at` text
);
--> statement-breakpoint
CREATE INDEX `readings_open` ON `readings` (`place`,`id`) WHERE answered_at is null;--> statement-breakpoint
CREATE TABLE `recipes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`purpose` text NOT NULL,
	`inputs` text DEFAULT '{}' NOT NULL,
	`actions` text NOT NULL,
	`script` text NOT NULL,
	`state` text NOT NULL,
	`trial` text,
	`reason` text,
	`author` text NOT NULL,
	`run_id` integer,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `recipes_version` ON `recipes` (`name`,`version`);--> statement-breakpoint
CREATE UNIQUE INDEX `recipes_accepted` ON `recipes` (`name`) WHERE state = 'accepted';--> statement-breakpoint
CREATE TABLE `reminders` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lead_id` integer NOT NULL,
	`text` text NOT NULL,
	`person` text NOT NULL,
	`due_at` text NOT NULL,
	`done_at` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `reminders_lead` ON `reminders` (`lead_id`);--> statement-breakpoint
CREATE INDEX `reminders_due` ON `reminders` (`due_at`,`id`) WHERE done_at is null;--> statement-breakpoint
CREATE TABLE `results` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`text` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `results_run` ON `results` (`run_id`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`agent` text NOT NULL,
	`model` text NOT NULL,
	`prompt` text NOT NULL,
	`outcome` text,
	`summary` text,
	`input_tokens` integer DEFAULT 0 NOT NULL,
	`output_tokens` integer DEFAULT 0 NOT NULL,
	`cached_tokens` integer DEFAULT 0 NOT NULL,
	`cost_usd` real DEFAULT 0 NOT NULL,
	`paid_on` text,
	`day_usd` real DEFAULT 0 NOT NULL,
	`requests` integer DEFAULT 0 NOT NULL,
	`parent_id` integer,
	`task_id` integer,
	`lead_id` integer,
	`person` text NOT NULL,
	`tainted` integer DEFAULT false NOT NULL,
	`started_at` text NOT NULL,
	`watched_until` text,
	`ended_at` text
);
--> statement-breakpoint
CREATE INDEX `runs_started` ON `runs` (`started_at`,`id`);--> statement-breakpoint
CREATE INDEX `runs_paid` ON `runs` (`paid_on`,`day_usd`);--> statement-breakpoint
CREATE INDEX `runs_lead` ON `runs` (`lead_id`);--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`ended_at`) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX `runs_parent` ON `runs` (`parent_id`) WHERE parent_id is not null;--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`cron` text NOT NULL,
	`zone` text NOT NULL,
	`words` text NOT NULL,
	`recipe` text,
	`prompt` text,
	`input` text DEFAULT '{}' NOT NULL,
	`person` text NOT NULL,
	`next_at` text NOT NULL,
	`last_at` text,
	`last_outcome` text,
	`taken_by` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`paused_at` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sends` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`draft_id` integer NOT NULL,
	`lead_id` integer NOT NULL,
	`approval_id` integer NOT NULL,
	`channel` text NOT NULL,
	`account` text,
	`recipient` text NOT NULL,
	`subject` text,
	`body` text NOT NULL,
	`outcome` text,
	`reason` text,
	`evidence_id` integer,
	`place` text,
	`person` text NOT NULL,
	`started_at` text NOT NULL,
	`ended_at` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sends_approval` ON `sends` (`approval_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `sends_once` ON `sends` (`draft_id`) WHERE outcome is null or outcome in ('sent', 'unknown');--> statement-breakpoint
CREATE INDEX `sends_lead` ON `sends` (`lead_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`kind` text NOT NULL,
	`sha256` text NOT NULL,
	`expires_at` text NOT NULL,
	`ended_at` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_sha256` ON `sessions` (`sha256`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `spends` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account` text NOT NULL,
	`kind` text NOT NULL,
	`url` text NOT NULL,
	`place` text,
	`at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `spends_account` ON `spends` (`account`,`at`);--> statement-breakpoint
CREATE TABLE `suppressions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`value` text NOT NULL,
	`reason` text NOT NULL,
	`actor` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `suppressions_value` ON `suppressions` (`kind`,`value`);--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`lead_id` integer,
	`state` text DEFAULT 'open' NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`not_before` text NOT NULL,
	`leased_by` text,
	`lease_until` text,
	`outcome` text,
	`run_id` integer,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tasks_due` ON `tasks` (`state`,`not_before`);--> statement-breakpoint
CREATE INDEX `tasks_urgent` ON `tasks` (`state`,priority DESC,`not_before`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_one_open` ON `tasks` (`kind`,`lead_id`) WHERE state in ('open', 'leased', 'waiting');--> statement-breakpoint
CREATE INDEX `tasks_lead` ON `tasks` (`lead_id`);--> statement-breakpoint
CREATE TABLE `timeline` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`lead_id` integer NOT NULL,
	`kind` text NOT NULL,
	`text` text NOT NULL,
	`actor` text NOT NULL,
	`at` text NOT NULL,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `timeline_lead` ON `timeline` (`lead_id`,`at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`system_name` text,
	`removed_at` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_name` ON `users` (`name`);--> statement-breakpoint
CREATE TABLE `view_acts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`view_id` integer NOT NULL,
	`person` text NOT NULL,
	`key` text NOT NULL,
	`action` text NOT NULL,
	`outcome` text,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `view_acts_key` ON `view_acts` (`view_id`,`person`,`key`);--> statement-breakpoint
CREATE TABLE `view_states` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`view_id` integer NOT NULL,
	`person` text NOT NULL,
	`state` text NOT NULL,
	`agreed` text DEFAULT '[]' NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `view_states_person` ON `view_states` (`view_id`,`person`);--> statement-breakpoint
CREATE TABLE `view_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`view_id` integer NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`manifest` text NOT NULL,
	`html` text,
	`rights` text NOT NULL,
	`prompt` text,
	`run_id` integer,
	`created_at` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `view_versions_number` ON `view_versions` (`view_id`,`version`);--> statement-breakpoint
CREATE TABLE `views` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`owner` text NOT NULL,
	`title` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`shared_version` integer,
	`in_navigation` integer DEFAULT false NOT NULL,
	`removed_at` text,
	`created_at` text NOT NULL,
	`updated_at` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `views_owner` ON `views` (`owner`);