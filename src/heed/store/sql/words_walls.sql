-- The walls around {words}.
DO $$
DECLARE t name;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = '{words}'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE {words}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY rule ON {words}.%I FOR SELECT TO heed_rule USING (true)', t);
        EXECUTE format('CREATE POLICY opener ON {words}.%I FOR INSERT TO heed_opener WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT ON {words}.%I TO heed_rule', t);
        EXECUTE format('GRANT INSERT ON {words}.%I TO heed_opener', t);
    END LOOP;
END $$;
CREATE TRIGGER unscreened AFTER INSERT OR DELETE ON {words}.screened FOR EACH ROW
    EXECUTE FUNCTION register.keep_unscreened();
CREATE TRIGGER emptied BEFORE TRUNCATE ON {words}.screened EXECUTE FUNCTION register.refuse_change();
ALTER TABLE {words}.screened ENABLE ALWAYS TRIGGER unscreened, ENABLE ALWAYS TRIGGER emptied;
GRANT USAGE ON SCHEMA {words} TO heed_rule, heed_opener, heed_office;
GRANT SELECT ON {words}.item, {words}.person, {words}.unit TO heed_office;
CREATE POLICY office ON {words}.item FOR SELECT TO heed_office
    USING (stream IN (SELECT machinery.my_open_records()) AND entry NOT IN (SELECT machinery.my_hidden_copies()));
CREATE POLICY office ON {words}.person FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
CREATE POLICY office ON {words}.unit FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
-- A file is read like words; one that was flagged is given to nobody, nor to the rule itself.
GRANT SELECT ON {words}.file TO heed_office;
CREATE POLICY office ON {words}.file FOR SELECT TO heed_office
    USING (stream IN (SELECT machinery.my_open_files()) AND entry NOT IN (SELECT machinery.my_held_files()));
ALTER POLICY rule ON {words}.file USING (entry NOT IN (SELECT h.entry FROM register.held_files() AS h));
-- Who told us, where that is sealed: a look for that purpose, by whom it is open to now.
GRANT SELECT ON {words}.identity TO heed_office;
CREATE POLICY office ON {words}.identity FOR SELECT TO heed_office
    USING (stream IN (SELECT machinery.my_open_identities()));
