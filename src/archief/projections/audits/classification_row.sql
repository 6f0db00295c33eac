-- A dossier is classified under a row that its list has, with that row's waardering, by a list of its time (Archiefwet 1995, 5; selectielijst)
-- severity: serious
-- remedy: classify it anew under a row that holds: `archief dossier classify DOSSIER`
select
    stream,
    dossier.classified_seq as seq,
    case retention.missing
        when 'unknown_list' then printf('the archive has not adopted %s', dossier.list)
        when 'unknown_row' then printf('%s has no row %s', dossier.list, dossier.row)
        when 'lapsed' then printf('row %s of %s has lapsed', dossier.row, dossier.list)
        when 'waardering_differs' then printf('%s, but row %s of %s says another waardering', dossier.waardering, dossier.row, dossier.list)
        else printf('%s does not hold for a dossier of %s', dossier.list, strftime(dossier.opened, '%Y-%m-%d'))
    end as what
from retention
join dossier using (stream)
where retention.missing in ('unknown_list', 'unknown_row', 'lapsed', 'waardering_differs', 'other_time')
order by seq;
