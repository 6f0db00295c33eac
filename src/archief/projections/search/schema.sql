-- The search index: which words stand in the current text of each letter. No text: words in their shortest form (stems).
-- What it was made from stands in the table state, as in the state file. An edited letter is taken out and put in anew;
-- what must be forgotten is forgotten by making the file anew.
create or replace table state (origin varchar, size bigint, root varchar, form varchar);
create or replace table indexed (letter integer, stream uuid, content_seq bigint, length integer);
create or replace table word (id integer, word varchar, stem varchar);
create or replace table posting (stem varchar, letter integer, count integer);
