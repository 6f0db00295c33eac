-- How far the index is from the state: letters in it that are gone, letters that are new or edited, letters in all.
select
    (
        select count(*)
        from search.main.indexed as indexed
        left join letter on letter.stream = indexed.stream and letter.destroyed_seq is null
        where letter.stream is null
    ) as gone,
    (
        select count(*)
        from letter
        left join search.main.indexed as indexed on indexed.stream = letter.stream and indexed.content_seq = letter.content_seq
        where letter.destroyed_seq is null and indexed.stream is null
    ) as changed,
    (select count(*) from letter) as total
