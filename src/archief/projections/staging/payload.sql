-- Payloads of those entries, without what is long. The lines' place: variable payload_files.
-- The body of a letter and the rows of a form are not kept; only whether the payload has them.
select
    seq,
    {
        'number': data.number,
        'doc_type': data.doc_type,
        'organisation': data.organisation,
        'sender': data.sender,
        'addressee': data.addressee,
        'subject': data.subject,
        'handled_by': data.handled_by,
        'date': data.date,
        'sent_date': data.sent_date,
        'our_reference': data.our_reference,
        'your_reference': data.your_reference,
        'body': if(data.body is not null, true, null),
        'fields': if(data.fields is not null, true, null),
        'documents': data.documents,
        'name_shown': data.name_shown,
        'note': data.note,
        'deviation': data.deviation,
        'name': data.name,
        'function': data.function,
        'title': data.title,
        'begin_time': data.begin_time,
        'end_time': data.end_time,
        'place': data.place,
        'text': data.text[:200],
        'due_wording': data.due_wording,
        'promised_by': data.promised_by,
        'inferred': data.inferred
    } as data
from read_json(
    getvariable('payload_files'),
    format = 'newline_delimited',
    maximum_object_size = 2097152,
    columns = {
        seq: 'BIGINT',
        data: 'STRUCT(
            number VARCHAR,
            doc_type VARCHAR,
            organisation VARCHAR,
            sender VARCHAR,
            addressee VARCHAR,
            subject VARCHAR,
            handled_by VARCHAR,
            date VARCHAR,
            sent_date VARCHAR,
            our_reference VARCHAR,
            your_reference VARCHAR,
            body VARCHAR[],
            fields VARCHAR,
            documents STRUCT(
                id VARCHAR,
                name VARCHAR,
                media_type VARCHAR,
                pronom VARCHAR,
                identified_by VARCHAR,
                sha256 VARCHAR,
                size BIGINT
            )[],
            name_shown VARCHAR,
            note VARCHAR,
            deviation VARCHAR,
            "name" VARCHAR,
            function VARCHAR,
            title VARCHAR,
            begin_time VARCHAR,
            end_time VARCHAR,
            place VARCHAR,
            text VARCHAR,
            due_wording VARCHAR,
            promised_by VARCHAR,
            inferred VARCHAR[]
        )'
    }
)
